/** @file What a classifier says of the records of a split, in order, with what is true of them. */
import type { ClassificationFields } from "../../data/classification-job.ts";
import type { Loader } from "../../data/loader.ts";
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { Predictions } from "../../metrics/predictions.ts";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import { ownRows } from "../finetune/validation-course.ts";
import type { OnSkipped } from "../micro-batches.ts";
import type { ClassifierForward } from "./classifier-forward.ts";
import type { LabelledRecords } from "./labelled-records.ts";
import { probabilitiesOf } from "./probabilities.ts";

/** A split in the words of what scores it. */
export interface ScoredSplit {
  readonly loader: Loader<ClassificationFields>;
  readonly records: LabelledRecords;
}

/** How records are scored. */
export interface ScoreOptions {
  readonly forward: ClassifierForward;
  readonly parameters: NamedArrays;
  readonly onSkipped: OnSkipped;
  readonly signal?: AbortSignal | undefined;
  /** Told how many records are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** What was computed of the records of a split, in order; those that were skipped are not among them. */
export interface Computed {
  /** Positions in the split. */
  readonly positions: Uint32Array;
  /** [N · D] */
  readonly features: Float32Array;
  /** [N · C] */
  readonly logits: Float32Array;
}

/**
 * Features and logits of every record of a split.
 * @throws {DecodeError | ExecutionError} naming the record that cannot be read, or when a logit is not finite
 */
export async function computeSplit(
  { loader, records }: ScoredSplit,
  { forward, parameters, onSkipped, signal, onProgress }: ScoreOptions,
): Promise<Computed> {
  const positions: number[] = [];
  const features: Float32Array[] = [];
  const logits: Float32Array[] = [];
  const range = { from: 0, until: loader.batchesPerEpoch, ...(signal !== undefined && { signal }) };
  let next = 0;
  for await (const batch of loader.batches(range)) {
    if (batch.skipped.length > 0) await onSkipped(batch.skipped, 0);
    const result = await forward.run(batch.arrays.image, parameters);
    const widths = [result.features, result.logits].map((all) => all.length / batch.records.length);
    const [dim = 0, classes = 0] = widths;
    for (const row of ownRows(batch, next)) {
      positions.push(next + row);
      features.push(result.features.subarray(row * dim, (row + 1) * dim));
      logits.push(result.logits.subarray(row * classes, (row + 1) * classes));
    }
    next += batch.records.length;
    onProgress?.(next);
  }
  if (next !== records.ids.length)
    throw new RangeError("internal: a split was not read to its end");
  return {
    positions: Uint32Array.from(positions),
    features: joined(features),
    logits: joined(logits),
  };
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) all.set(row, i * width);
  return all;
}

/** Logits of some records as predictions. */
export function predictionsOf(
  { positions, logits }: Pick<Computed, "positions" | "logits">,
  {
    records: { ids, groups, labels },
    classes,
    task,
  }: {
    readonly records: Pick<LabelledRecords, "ids" | "groups" | "labels">;
    readonly classes: readonly string[];
    readonly task: ClassificationTask;
  },
): Predictions {
  const width = classes.length;
  const chosen = new Int8Array(positions.length * width);
  for (const [i, position] of positions.entries()) {
    chosen.set(labels.subarray(position * width, (position + 1) * width), i * width);
  }
  const pick = (values: readonly string[]): readonly string[] =>
    Array.from(positions, (position) => values[position] ?? "");
  return {
    ...{ task, classes, ids: pick(ids), groups: pick(groups), labels: chosen },
    scores: probabilitiesOf(logits, { task, classes: width }),
  };
}
