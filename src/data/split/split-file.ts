/** @file `split.jsonl`: a line of provenance, then a line a record, beside the records that it was made for. */
import { join } from "node:path";
import { z } from "zod";
import { ManifestError } from "../../util/errors.ts";
import { type JsonLine, readJsonLines } from "../../util/jsonl.ts";
import { digestFile } from "../../util/sha256.ts";
import { DATASET_FILES, exists } from "../dataset-files.ts";
import type { Split } from "../record.ts";
import { parseWith } from "../schema-error.ts";
import type { SplitAssignment } from "./assign-splits.ts";

/** How a split came about: the first line of `split.jsonl`. */
export interface SplitProvenance {
  /** The version of the file's format. */
  readonly format: 1;
  /** How patients were dealt out. */
  readonly method: "iterative-stratification";
  readonly seed: number;
  readonly ratio: Readonly<Record<Split, number>>;
  /** Percentages of the training records that can be asked for, ascending; the last is 100. */
  readonly fractions: readonly number[];
  /** Splits that the records had and kept. */
  readonly keep: readonly Split[];
  /** SHA-256, in hex, of the `records.jsonl` that was split. */
  readonly records: string;
  /** When, as an ISO 8601 date and time. */
  readonly created: string;
}

/** A line of `split.jsonl` after the first. A record without a split is left out of all. */
export interface SplitLine extends SplitAssignment {
  readonly id: string;
}

/** A split file, read. */
export interface SplitTable {
  readonly provenance: SplitProvenance;
  readonly byId: ReadonlyMap<string, SplitAssignment>;
}

/** An index keeps a byte for what a record is assigned to. */
export const MAX_FRACTIONS: number = 100;

const splitName = z.enum(["train", "val", "test"]);
const percentage = z.number().positive().max(100);
const share = z.number().min(0);

const provenanceSchema = z.strictObject({
  format: z.literal(1),
  method: z.literal("iterative-stratification"),
  seed: z.int().min(0),
  ratio: z.strictObject({ train: share, val: share, test: share }),
  fractions: z.array(percentage).min(1).max(MAX_FRACTIONS),
  keep: z.array(splitName),
  records: z.string(),
  created: z.iso.datetime({ offset: true, error: "expected a date and time of ISO 8601" }),
});

const lineSchema = z.strictObject({
  id: z.string().min(1),
  split: splitName.exactOptional(),
  fraction: percentage.exactOptional(),
});

const PROVENANCE_KEYS = Object.keys(provenanceSchema.shape);
const LINE_KEYS = Object.keys(lineSchema.shape);

/** Where a dataset folder's split is. */
export function splitPath(folder: string): string {
  return join(folder, DATASET_FILES.split);
}

/** The file's text, piece by piece. */
export function* renderSplit(
  provenance: SplitProvenance,
  lines: Iterable<SplitLine>,
): Generator<string> {
  yield `${JSON.stringify(provenance)}\n`;
  for (const { id, split, fraction } of lines) {
    yield `${JSON.stringify({ id, ...(split !== undefined && { split }), ...(fraction !== undefined && { fraction }) })}\n`;
  }
}

function parseProvenance({ value, line }: JsonLine, path: string): SplitProvenance {
  const attempt = `read "${path}" line ${line}`;
  return parseWith(provenanceSchema, value, { attempt, keys: PROVENANCE_KEYS });
}

/** The error of a split that does not belong to the records beside it. */
export function staleSplit(folder: string, found: string): ManifestError {
  return new ManifestError(
    `Cannot use "${splitPath(folder)}": ${found}; split the dataset anew with "ecamp data split ${folder} --force", or delete the file`,
  );
}

/**
 * The first line of a folder's split file; undefined when there is none.
 * @throws {ManifestError} when it is not valid
 */
export async function readSplitProvenance(folder: string): Promise<SplitProvenance | undefined> {
  const path = splitPath(folder);
  if (!(await exists(path))) return undefined;
  for await (const line of readJsonLines(path)) return parseProvenance(line, path);
  throw staleSplit(folder, "it is empty");
}

/** Gives equal assignments one object: there are a handful of them, and a million records. */
function shareAssignments(): (assignment: SplitAssignment) => SplitAssignment {
  const known = new Map<string, SplitAssignment>();
  return (assignment) => {
    const key = `${assignment.split} ${assignment.fraction}`;
    const shared = known.get(key) ?? assignment;
    known.set(key, shared);
    return shared;
  };
}

/**
 * Reads a folder's split; undefined when there is none.
 * @throws {ManifestError} when a line is not valid, or the split was made for another `records.jsonl`
 */
export async function readSplitTable(
  folder: string,
  signal?: AbortSignal,
): Promise<SplitTable | undefined> {
  const provenance = await readSplitProvenance(folder);
  if (provenance === undefined) return undefined;
  if ((await digestFile(join(folder, DATASET_FILES.records), signal)) !== provenance.records) {
    throw staleSplit(folder, `${DATASET_FILES.records} has changed since the split was made`);
  }
  const path = splitPath(folder);
  const byId = new Map<string, SplitAssignment>();
  const shared = shareAssignments();
  let isFirst = true;
  for await (const { value, line } of readJsonLines(path, signal === undefined ? {} : { signal })) {
    if (isFirst) {
      isFirst = false;
      continue;
    }
    const attempt = `read "${path}" line ${line}`;
    const { id, ...assignment } = parseWith(lineSchema, value, { attempt, keys: LINE_KEYS });
    requireSensible(assignment, provenance, attempt);
    if (byId.has(id)) {
      throw new ManifestError(`Cannot ${attempt}: id ${JSON.stringify(id)} has a line before it`);
    }
    byId.set(id, shared(assignment));
  }
  return { provenance, byId };
}

/** A record of the training split, and no other, has one of the file's fractions. */
function requireSensible(
  { split, fraction }: SplitAssignment,
  { fractions }: SplitProvenance,
  attempt: string,
): void {
  if ((split === "train") !== (fraction !== undefined)) {
    throw new ManifestError(
      `Cannot ${attempt}: split is ${split ?? "missing"} and fraction ${fraction ?? "missing"}, expected a fraction for train and for no other`,
    );
  }
  if (fraction !== undefined && !fractions.includes(fraction)) {
    throw new ManifestError(
      `Cannot ${attempt}: fraction is ${fraction}, expected one of ${fractions.join(", ")}`,
    );
  }
}

/** The command that makes a split with another fraction, and otherwise deals out as the one that is there. */
function splitCommand(
  folder: string,
  fraction: number,
  provenance: SplitProvenance | undefined,
): string {
  const { fractions = [], seed, ratio, keep = [] } = provenance ?? {};
  const all = [...new Set([...fractions, fraction, 100])].sort((a, b) => a - b);
  const same =
    seed === undefined || ratio === undefined
      ? []
      : [`--seed ${seed}`, `--ratio ${ratio.train},${ratio.val},${ratio.test}`];
  const kept = keep.length === 0 ? [] : [`--keep ${keep.join(",")}`];
  const force = provenance === undefined ? [] : ["--force"];
  const flags = [`--fractions ${all.join(",")}`, ...same, ...kept, ...force];
  return `ecamp data split ${folder} ${flags.join(" ")}`;
}

/**
 * Checks that a percentage of the labels can be asked for. All of them always can.
 * @throws {ManifestError} listing what there is
 */
export async function requireFraction(folder: string, fraction: number): Promise<void> {
  if (fraction === 100) return;
  const provenance = await readSplitProvenance(folder);
  const found = provenance?.fractions ?? [];
  if (found.includes(fraction)) return;
  const has =
    provenance === undefined
      ? `it has no ${DATASET_FILES.split}`
      : `its ${DATASET_FILES.split} has the fractions ${found.join(", ")}`;
  throw new ManifestError(
    `Cannot take ${fraction} % of the labels of "${folder}": ${has}; make them with "${splitCommand(folder, fraction, provenance)}"`,
  );
}
