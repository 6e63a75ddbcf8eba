/** @file A distilled report: what it says of each entity, with where it says so, and the sentences made of that. A line of `context.jsonl`. */
import { z } from "zod";
import { FINDING_LABELS, type FindingLabel } from "../text/lexicon.ts";
import { ManifestError } from "../util/errors.ts";

/** Is a finding said to be there? */
export const FINDING_STATUSES = ["present", "absent", "uncertain"] as const;
export type FindingStatus = (typeof FINDING_STATUSES)[number];

export const SIDES_OF_BODY = ["left", "right", "bilateral"] as const;
export type Side = (typeof SIDES_OF_BODY)[number];

/** What became of a finding since the picture before. */
export const CHANGE_KINDS = ["new", "increased", "decreased", "unchanged"] as const;
export type Change = (typeof CHANGE_KINDS)[number];

/** What a report says of one entity. */
export interface Finding {
  /** As its lexicon names it. */
  readonly entity: string;
  /** Which of the scored findings it is; null for none. */
  readonly label: FindingLabel | null;
  readonly status: FindingStatus;
  readonly side?: Side;
  /** In the report's words, such as `lower lobe`. */
  readonly location?: string;
  /** In the report's words, such as `mild`. */
  readonly severity?: string;
  readonly change?: Change;
  /** Where the report says so, in UTF-16 code units: `report.slice(...evidence)`. */
  readonly evidence: readonly [start: number, end: number];
}

/** A distilled report. */
export interface DistilledRecord {
  readonly id: string;
  /** Short sentences, one for each finding. */
  readonly context: string;
  readonly findings: readonly Finding[];
  /** How many sentences a model gave no answer about; absent for none. Such a record is made anew by the next run. */
  readonly unanswered?: number;
  /** Who distilled it, such as `rules`. */
  readonly provider: string;
  /** The lexicon of the rules, or the language model. */
  readonly model: string;
  /** SHA-256 of what the provider goes by: its rules, or its prompt. */
  readonly promptHash: string;
  /** SHA-256 of the report's text. */
  readonly reportHash: string;
  /** When, ISO 8601. */
  readonly time: string;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hex");

const findingSchema = z.strictObject({
  entity: z.string().min(1),
  label: z.enum(FINDING_LABELS).nullable(),
  status: z.enum(FINDING_STATUSES),
  side: z.enum(SIDES_OF_BODY).exactOptional(),
  location: z.string().min(1).exactOptional(),
  severity: z.string().min(1).exactOptional(),
  change: z.enum(CHANGE_KINDS).exactOptional(),
  evidence: z.tuple([z.int().min(0), z.int().min(0)]),
});

const distilledSchema = z.looseObject({
  id: z.string().min(1),
  context: z.string(),
  findings: z.array(findingSchema),
  unanswered: z.int().min(1).exactOptional(),
  provider: z.string().min(1),
  model: z.string().min(1),
  promptHash: hash,
  reportHash: hash,
  time: z.iso.datetime({ offset: true }),
});

/** The distilled record that a value is, or undefined where it is something else, such as a context of another program. */
export function asDistilledRecord(value: unknown): DistilledRecord | undefined {
  const result = distilledSchema.safeParse(value);
  return result.success ? result.data : undefined;
}

/**
 * The distilled record that a value is.
 * @throws {ManifestError} `Cannot <attempt>: findings.2.status is not as expected`, without quoting anything of the report
 */
export function parseDistilledRecord(value: unknown, attempt: string): DistilledRecord {
  const result = distilledSchema.safeParse(value);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.map(String).join(".") ?? "";
  throw new ManifestError(
    `Cannot ${attempt}: ${path === "" ? "it" : path} is not what a distilled report has there; was it written by "ecamp distill run"?`,
  );
}

/** The finding that a value is, or undefined: what a language model answers is read with it. */
export function asFinding(value: unknown): Finding | undefined {
  const result = findingSchema.safeParse(value);
  return result.success ? result.data : undefined;
}
