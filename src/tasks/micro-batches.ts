/** @file The micro-batches of a run: what the loader makes, with the random masks of their place in the run. */
import type { Fields } from "../data/batch-job.ts";
import type { Batch, Loader } from "../data/loader.ts";
import type { MaskRequest } from "../data/worker-task.ts";
import type { NamedArrays } from "../engine/runtime/program.ts";
import type { RandomMask } from "../nn/scope.ts";
import type { MicroBatch } from "../train/loop.ts";
import { type NdArray, sizeOf } from "../util/nd-array.ts";

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

/** A batch as inputs of the model, without the random masks, and the name of its shape. */
export interface BatchFeeds {
  readonly feeds: NamedArrays;
  readonly variant: string;
}

/** Told of skipped records when a batch is taken that lacks them; the batch waits for it. */
export type OnSkipped = (skipped: Batch["skipped"], epoch: number) => Promise<void> | void;

/** What the stream of micro-batches is made from. */
export interface BatchStreamOptions<F extends Fields> {
  readonly loader: Loader<F>;
  readonly course: Course;
  readonly seed: number;
  /** A batch's arrays as inputs of the model. */
  readonly feedsOf: (batch: Batch<F>) => BatchFeeds;
  /** Updates that are done already. */
  readonly doneSteps: number;
  /** The random masks that batches of a shape are fed. */
  readonly masksOf: (variant: string) => readonly RandomMask[];
  /** Ids of records by their positions. */
  readonly identify: (records: Uint32Array) => Promise<readonly string[]>;
  readonly onSkipped: OnSkipped;
}

/**
 * Micro-batches for ever, from the first of update `doneSteps + 1`. Everything random in one is a function of the seed and of its
 * ordinal (masks, noises) or of its records and epoch (crops, words), so that it does not matter where a run was resumed.
 */
export async function* microBatches<F extends Fields>(
  options: BatchStreamOptions<F>,
): AsyncGenerator<MicroBatch> {
  const { loader, course, doneSteps } = options;
  const used = course.updatesPerEpoch * course.accumulate;
  // Where nothing is dropped one request goes on for ever, so that batches are prepared ahead across the ends of epochs.
  const dropsSome = used < course.batchesPerEpoch;
  let { epoch, index } = placeOf(doneSteps + 1, course);
  for (; ; epoch++, index = 0) {
    const start = epoch * course.batchesPerEpoch;
    const from = start + index * course.accumulate;
    const until = dropsSome ? start + used : Number.POSITIVE_INFINITY;
    yield* oneAhead(loader.batches({ from, until }), (batch) => microBatch(batch, options));
  }
}

/** Makes the next one while the present one is used: its masks are drawn in a worker meanwhile. */
async function* oneAhead<In, Out>(
  source: AsyncGenerator<In>,
  make: (input: In) => Promise<{ readonly value: Out; readonly onUse: () => Promise<void> }>,
): AsyncGenerator<Out> {
  const begin = async () => {
    const next = await source.next();
    return next.done === true ? undefined : make(next.value);
  };
  const quietly = <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => undefined); // reported when it is awaited
    return promise;
  };
  let next = quietly(begin());
  try {
    for (;;) {
      const current = await next;
      if (current === undefined) return;
      next = quietly(begin());
      await current.onUse();
      yield current.value;
    }
  } finally {
    await next.catch(() => undefined);
    await source.return(undefined);
  }
}

async function microBatch<F extends Fields>(
  batch: Batch<F>,
  options: BatchStreamOptions<F>,
): Promise<{ readonly value: MicroBatch; readonly onUse: () => Promise<void> }> {
  const { identify, onSkipped, masksOf, feedsOf, loader, seed } = options;
  const { records, ordinal, skipped, epoch } = batch;
  const { feeds, variant } = feedsOf(batch);
  const masks = await drawMasks(loader, masksOf(variant), { seed, ordinal });
  return {
    value: {
      feeds: new Map([...feeds, ...masks]),
      variant,
      samples: records.length,
      ids: () => identify(records),
    },
    onUse: async () => {
      if (skipped.length > 0) await onSkipped(skipped, epoch);
    },
  };
}

/** The random masks of a micro-batch, by the stream of each site at the step of its ordinal. */
async function drawMasks(
  loader: Pick<Loader, "masks">,
  masks: readonly RandomMask[],
  { seed, ordinal }: { readonly seed: number; readonly ordinal: number },
): Promise<ReadonlyMap<string, NdArray>> {
  const requests = masks.map(
    ({ name, shape, keep }): MaskRequest => ({
      key: { seed, name, step: ordinal },
      size: sizeOf(shape),
      keep,
      dtype: "u8",
    }),
  );
  const drawn = requests.length === 0 ? [] : await loader.masks(requests);
  return new Map(
    masks.map(({ name, shape }, i): [string, NdArray] => {
      const data = drawn[i];
      if (!(data instanceof Uint8Array))
        throw new TypeError(`internal: no mask was drawn for "${name}"`);
      return [name, { dtype: "bool", shape, data }];
    }),
  );
}
