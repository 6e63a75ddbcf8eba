/** @file The micro-batches of a classification run: crops from the loader, or rows of features that were computed once. */
import type { ClassificationFields } from "../../data/classification-job.ts";
import { epochOrder } from "../../data/shuffle.ts";
import type { MicroBatch } from "../../train/loop.ts";
import { type NdArray, zeros } from "../../util/nd-array.ts";
import { type Course, courseOf, microBatches, type OnSkipped } from "../micro-batches.ts";
import { IMAGE } from "./classifier-forward.ts";
import { FEATURES, type PreparedClassifier } from "./classifier-model.ts";
import type { ClassifyInputs } from "./classify-inputs.ts";
import { labelFeeds } from "./labelled-loss.ts";
import type { Computed } from "./score-records.ts";

/** There is one shape of batch. */
const VARIANT = "batch";

/** Crops of the training records for ever, from the first of update `doneSteps + 1`. */
export function cropBatches(
  { crops, course, train: { records }, task }: ClassifyInputs,
  { masks }: Pick<PreparedClassifier, "masks">,
  options: { readonly seed: number; readonly doneSteps: number; readonly onSkipped: OnSkipped },
): AsyncGenerator<MicroBatch> {
  return microBatches<ClassificationFields>({
    ...{ ...options, loader: crops, course },
    feedsOf: ({ arrays }) => ({
      feeds: new Map<string, NdArray>([[IMAGE, arrays.image], ...labelFeeds(arrays.labels, task)]),
      variant: VARIANT,
    }),
    masksOf: () => masks,
    identify: async (positions) => Array.from(positions, (at) => records.ids[at] ?? `${at}`),
  });
}

/** Features of the training records, and how they are cut into batches. */
export interface FeatureBatchOptions {
  readonly computed: Computed;
  readonly batch: number;
  readonly accumulate: number;
  readonly seed: number;
  readonly doneSteps: number;
}

/** The course of a run over features: records that were skipped are not among them. */
export function featureCourse({
  computed,
  batch,
  accumulate,
}: Pick<FeatureBatchOptions, "computed" | "batch" | "accumulate">): Course {
  return courseOf(Math.floor(computed.positions.length / batch), accumulate);
}

/** Rows of features for ever, each epoch in its own order, from the first of update `doneSteps + 1`. */
export async function* featureBatches(
  { train: { records }, task, classes, model: { dim } }: ClassifyInputs,
  options: FeatureBatchOptions,
): AsyncGenerator<MicroBatch> {
  const { computed, batch, accumulate, seed, doneSteps } = options;
  const { updatesPerEpoch } = featureCourse(options);
  const { positions, features } = computed;
  const width = classes.length;
  let order: Uint32Array = new Uint32Array();
  for (let step = doneSteps; ; step++) {
    if (step === doneSteps || step % updatesPerEpoch === 0) {
      const epoch = Math.floor(step / updatesPerEpoch);
      order = epochOrder({ seed, epoch, size: positions.length });
    }
    for (let micro = 0; micro < accumulate; micro++) {
      const start = ((step % updatesPerEpoch) * accumulate + micro) * batch;
      const rows = order.subarray(start, start + batch);
      const chosen = zeros("f32", [batch, dim]);
      const labels = zeros("i32", [batch, width]);
      for (const [slot, row] of rows.entries()) {
        const position = positions[row] ?? 0;
        chosen.data.set(features.subarray(row * dim, (row + 1) * dim), slot * dim);
        labels.data.set(
          records.labels.subarray(position * width, (position + 1) * width),
          slot * width,
        );
      }
      yield {
        feeds: new Map<string, NdArray>([[FEATURES, chosen], ...labelFeeds(labels, task)]),
        variant: VARIANT,
        samples: batch,
        ids: async () => Array.from(rows, (row) => records.ids[positions[row] ?? 0] ?? ""),
      };
    }
  }
}
