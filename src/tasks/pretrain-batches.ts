/** @file The micro-batches of pre-training: what the loader makes, with the masks and noises of their place in the run. */
import type { Batch, Loader } from "../data/loader.ts";
import type { PretrainingFields } from "../data/pretraining-job.ts";
import type { MaskRequest } from "../data/worker-task.ts";
import { gridOf } from "../model/config.ts";
import { ecampFeeds, type FeedOptions, type HostBatch } from "../model/ecamp-feeds.ts";
import type { RandomMask } from "../nn/scope.ts";
import type { MicroBatch } from "../train/loop.ts";
import { type NdArray, sizeOf } from "../util/nd-array.ts";
import { fillUniform } from "../util/random.ts";

/** Where the updates of a run lie in its epochs. A partial accumulation at an epoch's end is dropped (SPEC 3.6). */
export interface Course {
  readonly batchesPerEpoch: number;
  readonly accumulate: number;
  readonly updatesPerEpoch: number;
}

/** The course of a run whose epochs have so many micro-batches. */
export function courseOf(batchesPerEpoch: number, accumulate: number): Course {
  return { batchesPerEpoch, accumulate, updatesPerEpoch: Math.floor(batchesPerEpoch / accumulate) };
}

/** Epoch and place in it of an update, both from 0; updates count from 1. */
function placeOf(
  step: number,
  { updatesPerEpoch }: Course,
): { readonly epoch: number; readonly index: number } {
  return { epoch: Math.floor((step - 1) / updatesPerEpoch), index: (step - 1) % updatesPerEpoch };
}

/** The fractional epoch at which an update begins: epoch + micro-batch / micro-batches of an epoch. */
export function epochOf(step: number, course: Course): number {
  const { epoch, index } = placeOf(step, course);
  return epoch + (index * course.accumulate) / course.batchesPerEpoch;
}

/** What the stream of micro-batches is made from. */
export interface BatchStreamOptions {
  readonly loader: Loader<PretrainingFields>;
  readonly course: Course;
  /** Updates that are done already. */
  readonly doneSteps: number;
  readonly seed: number;
  readonly masks: readonly RandomMask[];
  readonly feed: FeedOptions;
  /** Ids of records by their positions. */
  readonly identify: (records: Uint32Array) => Promise<readonly string[]>;
  readonly onSkipped: (skipped: Batch["skipped"]) => void;
}

/**
 * Micro-batches for ever, from the first of update `doneSteps + 1`. Everything random in one is a function of the seed and of its
 * ordinal (masks, noises) or of its records and epoch (crops, words), so that it does not matter where a run was resumed.
 */
export async function* microBatches(options: BatchStreamOptions): AsyncGenerator<MicroBatch> {
  const { loader, course, doneSteps, onSkipped } = options;
  const used = course.updatesPerEpoch * course.accumulate;
  // Where nothing is dropped one request goes on for ever, so that batches are prepared ahead across the ends of epochs.
  const dropsSome = used < course.batchesPerEpoch;
  let { epoch, index } = placeOf(doneSteps + 1, course);
  for (; ; epoch++, index = 0) {
    const start = epoch * course.batchesPerEpoch;
    const from = start + index * course.accumulate;
    const until = dropsSome ? start + used : Number.POSITIVE_INFINITY;
    let masks = drawMasks(options, from);
    for await (const batch of loader.batches({ from, until })) {
      if (batch.skipped.length > 0) onSkipped(batch.skipped);
      const drawn = await masks;
      masks = drawMasks(options, batch.ordinal + 1); // a step ahead, while this one is computed
      yield microBatch(batch, drawn, options);
    }
    await masks;
  }
}

/** Dropout masks of a micro-batch, by the stream of each site at the step of its ordinal. */
function drawMasks(
  { loader, masks, seed }: BatchStreamOptions,
  ordinal: number,
): Promise<ReadonlyMap<string, NdArray>> {
  const requests = masks.map(
    ({ name, shape, keep }): MaskRequest => ({
      key: { seed, name, step: ordinal },
      size: sizeOf(shape),
      keep,
      dtype: "u8",
    }),
  );
  const drawn = requests.length === 0 ? Promise.resolve([]) : loader.masks(requests);
  const named = drawn.then(
    (arrays) =>
      new Map(
        masks.map(({ name, shape }, i): [string, NdArray] => {
          const data = arrays[i];
          if (!(data instanceof Uint8Array))
            throw new TypeError(`internal: no mask was drawn for "${name}"`);
          return [name, { dtype: "bool", shape, data }];
        }),
      ),
  );
  named.catch(() => undefined); // reported when it is awaited
  return named;
}

function microBatch(
  batch: Batch<PretrainingFields>,
  masks: ReadonlyMap<string, NdArray>,
  { feed, seed, identify }: BatchStreamOptions,
): MicroBatch {
  const { arrays, records, ordinal } = batch;
  const patches = gridOf(feed.config) ** 2;
  const noise = new Float32Array(records.length * patches);
  fillUniform(noise, { seed, name: "patches", step: ordinal });
  const host: HostBatch = {
    image: arrays.image,
    ids: asIndices(arrays.ids),
    labels: asIndices(arrays.labels),
    attentionMask: arrays.attentionMask,
    tokenWeights: arrays.tokenWeights,
    windowTop: arrays.windowTop.data,
    windowLeft: arrays.windowLeft.data,
    noise: { dtype: "f32", shape: [records.length, patches], data: noise },
  };
  return {
    feeds: new Map([...ecampFeeds(host, feed).feeds, ...masks]),
    samples: records.length,
    ids: () => identify(records),
  };
}

const asIndices = ({ shape, data }: NdArray<"i32">): NdArray<"i64"> => ({
  dtype: "i64",
  shape,
  data: BigInt64Array.from(data, BigInt),
});
