/** @file The figures of a classifier on a split and the predictions that they were computed from, as two files of a folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { fileMode, folderMode } from "../../data/dataset-files.ts";
import type { Uncertain } from "../../data/labels.ts";
import type { Privacy, Split } from "../../data/record.ts";
import type { ClassificationReport } from "../../metrics/classification-report.ts";
import { type Predictions, requirePredictions } from "../../metrics/predictions.ts";
import type { ThresholdRule } from "../../metrics/thresholds.ts";
import { makeFolder, systemErrorCode, writeFileAtomically } from "../../util/atomic-file.ts";
import { ManifestError } from "../../util/errors.ts";
import { firstFault } from "../../util/expectation.ts";
import { readJsonLines, tryParseJson } from "../../util/jsonl.ts";
import { digestFile, sha256 } from "../../util/sha256.ts";

/** Where figures come from: enough to tell whether two of them may be compared, and to compute them again. */
export interface Provenance {
  /** The model's file, and the SHA-256 of its bytes. */
  readonly model: string;
  readonly modelSha256: string;
  readonly dataset: string;
  readonly datasetSha256: string;
  readonly split: Split;
  /** What an uncertain label was taken for. */
  readonly uncertain: Uncertain;
  /** Has the model seen, in training, patients or pictures that judge it, though that was allowed? Figures then flatter. */
  readonly leaks: boolean;
  /** In words: what leaks. */
  readonly leakReasons: readonly string[];
  /** In words: what else a reader of the figures should know. */
  readonly warnings: readonly string[];
  /** How thresholds were chosen on the split `val`; null where they could not be. */
  readonly thresholdRule: ThresholdRule | null;
}

/** The figures, and where they come from. Plain JSON. */
export interface EvaluationFile extends Provenance {
  readonly format: 1;
  /** SHA-256 of the predictions' file. */
  readonly predictionsSha256: string;
  readonly report: ClassificationReport;
}

/** What is written. */
export interface Evaluated extends Provenance {
  readonly report: ClassificationReport;
  readonly predictions: Predictions;
  /** Of a private set the files are their owner's alone. */
  readonly privacy: Privacy;
}

const PREDICTIONS = "predictions.jsonl";
/** The name of the figures' file. */
export const EVALUATION = "evaluation.json";

/**
 * Writes both files into a folder, which is made. The figures come last: where they stand, the predictions beside them are
 * theirs, or their digest tells otherwise.
 * @throws {EcampError} when the disk refuses
 */
export async function writeEvaluation(
  folder: string,
  { predictions, privacy, ...figures }: Evaluated,
): Promise<void> {
  await writeEvaluationFiles(folder, { lines: linesOf(predictions), figures, privacy });
}

/** What both files are made of, whatever was evaluated. */
export interface EvaluationFiles {
  /** Of the predictions, each with its end. */
  readonly lines: Iterable<string>;
  /** Figures, and where they come from. */
  readonly figures: object;
  readonly privacy: Privacy;
}

/**
 * Writes predictions and figures of any task; see `writeEvaluation`.
 * @throws {EcampError} when the disk refuses
 */
export async function writeEvaluationFiles(
  folder: string,
  { lines, figures, privacy }: EvaluationFiles,
): Promise<void> {
  await makeFolder(folder, { mode: folderMode(privacy) });
  const mode = fileMode(privacy);
  const text = [...lines].join("");
  await writeFileAtomically(join(folder, PREDICTIONS), text, { mode });
  const file = { format: 1, ...figures, predictionsSha256: sha256(text) };
  await writeFileAtomically(join(folder, EVALUATION), `${JSON.stringify(file, null, 2)}\n`, {
    mode,
  });
}

/**
 * The text of the figures' file.
 * @throws {ManifestError} when there is none
 */
export async function readFigures(folder: string): Promise<string> {
  const file = join(folder, EVALUATION);
  return readFile(file, "utf8").catch((error: unknown) => {
    const found = systemErrorCode(error) === "ENOENT" ? "there is none" : String(error);
    throw new ManifestError(`Cannot read the figures "${file}": ${found}`, { cause: error });
  });
}

/**
 * The path of the predictions that figures were computed from.
 * @throws {ManifestError} when they have been changed
 */
export async function requirePredictionsFile(folder: string, digest: string): Promise<string> {
  const path = join(folder, PREDICTIONS);
  if ((await digestFile(path)) === digest) return path;
  throw new ManifestError(
    `Cannot read the predictions "${path}": they are not those that "${EVALUATION}" beside them was computed from; evaluate again`,
  );
}

/** A line a record: its id, its patient, and by class the probability and what is known to be true (1, 0, or null). */
function* linesOf({ classes, ids, groups, scores, labels }: Predictions): Generator<string> {
  const width = classes.length;
  for (const [i, id] of ids.entries()) {
    const of = <T>(value: (at: number) => T): Readonly<Record<string, T>> =>
      Object.fromEntries(classes.map((name, k) => [name, value(i * width + k)]));
    const line = {
      ...{ id, patient: groups[i] },
      scores: of((at) => scores[at]),
      labels: of((at) => (labels[at] === -1 ? null : labels[at])),
    };
    yield `${JSON.stringify(line)}\n`;
  }
}

/** What is read of the figures' file; what else stands there is for people. */
const evaluationSchema = z.looseObject({
  format: z.literal(1),
  ...{ model: z.string(), modelSha256: z.string() },
  ...{ dataset: z.string(), datasetSha256: z.string() },
  split: z.enum(["train", "val", "test"]),
  uncertain: z.enum(["ignore", "zeros", "ones"]),
  leaks: z.boolean(),
  ...{ leakReasons: z.array(z.string()), warnings: z.array(z.string()) },
  predictionsSha256: z.string(),
  report: z.looseObject({
    task: z.enum(["multi-label", "single-label"]),
    classes: z.array(z.looseObject({ name: z.string(), threshold: z.number().nullable() })).min(1),
  }),
});

const lineSchema = z.strictObject({
  id: z.string(),
  patient: z.string(),
  scores: z.record(z.string(), z.number()),
  labels: z.record(z.string(), z.literal([0, 1]).nullable()),
});

/** An evaluation that was read again. */
export interface StoredEvaluation {
  readonly folder: string;
  readonly provenance: Omit<Provenance, "thresholdRule">;
  readonly predictions: Predictions;
  /** By class; null where none could be chosen. */
  readonly thresholds: ReadonlyMap<string, number | null>;
}

/**
 * Reads what `writeEvaluation` wrote.
 * @throws {ManifestError} when a file is missing, damaged or has been changed, or the predictions are not those of the figures
 */
export async function readEvaluation(folder: string): Promise<StoredEvaluation> {
  const file = join(folder, EVALUATION);
  const text = await readFigures(folder);
  const parsed = evaluationSchema.safeParse(tryParseJson(text)?.value);
  if (!parsed.success) {
    const { where, expected } = firstFault(parsed.error);
    throw new ManifestError(
      `Cannot read the figures "${file}": ${where || "its content"}: ${expected}; evaluate again`,
    );
  }
  const { predictionsSha256, report, model, modelSha256, dataset, datasetSha256 } = parsed.data;
  const { split, uncertain, leaks, leakReasons, warnings } = parsed.data;
  const path = await requirePredictionsFile(folder, predictionsSha256);
  return {
    folder,
    provenance: {
      ...{ model, modelSha256, dataset, datasetSha256 },
      ...{ split, uncertain, leaks, leakReasons, warnings },
    },
    predictions: await readPredictions(path, {
      task: report.task,
      classes: report.classes.map(({ name }) => name),
    }),
    thresholds: new Map(report.classes.map(({ name, threshold }) => [name, threshold])),
  };
}

async function readPredictions(
  path: string,
  { task, classes }: Pick<Predictions, "task" | "classes">,
): Promise<Predictions> {
  const ids: string[] = [];
  const groups: string[] = [];
  const scores: number[] = [];
  const labels: number[] = [];
  for await (const { line, value } of readJsonLines(path)) {
    const parsed = lineSchema.safeParse(value);
    if (!parsed.success) {
      throw new ManifestError(
        `Cannot read "${path}" line ${line}: expected {id, patient, scores, labels}; evaluate again`,
      );
    }
    ids.push(parsed.data.id);
    groups.push(parsed.data.patient);
    for (const name of classes) {
      scores.push(parsed.data.scores[name] ?? Number.NaN);
      labels.push(parsed.data.labels[name] ?? -1);
    }
  }
  const predictions = {
    ...{ task, classes, ids, groups },
    scores: Float32Array.from(scores),
    labels: Int8Array.from(labels),
  };
  requirePredictions(predictions);
  return predictions;
}
