/** @file Scores a `context.jsonl` against a file of labels. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DATASET_FILES } from "../../data/dataset-files.ts";
import {
  type DistilledRecord,
  FINDING_STATUSES,
  parseDistilledRecord,
} from "../../distill/record.ts";
import { FINDING_LABELS } from "../../text/lexicon.ts";
import { ManifestError } from "../../util/errors.ts";
import { firstFault } from "../../util/expectation.ts";
import { readJsonLines } from "../../util/jsonl.ts";
import {
  type FindingScore,
  type LabelStatuses,
  type ScoreOptions,
  scoreFindings,
} from "./score-findings.ts";

/** Figures of a file. */
export interface ContextScores {
  readonly contexts: string;
  readonly labels: string;
  /** What distilled the reports, such as `rules chest`; several where the file has several. */
  readonly providers: readonly string[];
  /** Labelled reports that were scored, and those that have no context. */
  readonly reports: number;
  readonly missing: number;
  readonly seed: number;
  readonly resamples: number;
  readonly scores: readonly FindingScore[];
}

/** What is scored against what. */
export interface ScoreContextsOptions extends ScoreOptions {
  /** A dataset folder, or a `context.jsonl`. */
  readonly contexts: string;
  readonly labels: string;
}

const labelledSchema = z.strictObject({
  id: z.string().min(1),
  findings: z.array(
    z.strictObject({ entity: z.enum(FINDING_LABELS), status: z.enum(FINDING_STATUSES) }),
  ),
});

/**
 * Scores distilled findings against labels.
 * @throws {ManifestError} when a file cannot be read, is not what it should be, or no labelled report has a context
 */
export async function scoreContexts(options: ScoreContextsOptions): Promise<ContextScores> {
  const { labels, seed, resamples } = options;
  const contexts = await contextFile(options.contexts);
  const truth = await readLabels(labels);
  const found = await readDistilled(contexts, truth);
  const judged = [...truth].flatMap(([id, statuses]) => {
    const record = found.get(id);
    return record === undefined ? [] : [{ truth: statuses, findings: record.findings }];
  });
  if (judged.length === 0) {
    throw new ManifestError(
      `Cannot score "${contexts}" against "${labels}": none of the ${truth.size} labelled ids has a context; are they ids of the same set?`,
    );
  }
  const providers = new Set(
    [...found.values()].map(({ provider, model }) => `${provider} ${model}`),
  );
  return {
    contexts,
    labels,
    providers: [...providers],
    reports: judged.length,
    missing: truth.size - judged.length,
    seed,
    resamples,
    scores: scoreFindings(judged, { seed, resamples }),
  };
}

/** A dataset's `context.jsonl`, or the file itself. */
export async function contextFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? join(path, DATASET_FILES.context) : path;
}

/** A file of labels: at most one status for each label of a report. */
async function readLabels(path: string): Promise<ReadonlyMap<string, LabelStatuses>> {
  const truth = new Map<string, LabelStatuses>();
  for await (const { value, line } of readJsonLines(path)) {
    const parsed = labelledSchema.safeParse(value);
    const attempt = `Cannot read "${path}" line ${line}`;
    if (!parsed.success) {
      const { where, expected } = firstFault(parsed.error);
      throw new ManifestError(
        `${attempt}: ${where || "it"}: ${expected}; a line is such as {"id": "12", "findings": [{"entity": "Edema", "status": "absent"}]}`,
      );
    }
    const { id, findings } = parsed.data;
    const statuses = new Map(findings.map(({ entity, status }) => [entity, status]));
    if (statuses.size < findings.length || truth.has(id)) {
      throw new ManifestError(
        `${attempt}: a label, or the id, stands twice; expected one status for each`,
      );
    }
    truth.set(id, statuses);
  }
  if (truth.size === 0) {
    throw new ManifestError(
      `Cannot score against "${path}": it holds no labelled report, expected a line for each`,
    );
  }
  return truth;
}

/** The distilled records of labelled ids. */
async function readDistilled(
  path: string,
  wanted: ReadonlyMap<string, unknown>,
): Promise<ReadonlyMap<string, DistilledRecord>> {
  const found = new Map<string, DistilledRecord>();
  for await (const { value, line } of readJsonLines(path)) {
    const record = parseDistilledRecord(value, `read "${path}" line ${line}`);
    if (found.has(record.id)) {
      throw new ManifestError(
        `Cannot score "${path}" line ${line}: the id "${record.id}" has a line before it, expected one context of each`,
      );
    }
    if (wanted.has(record.id)) found.set(record.id, record);
  }
  return found;
}
