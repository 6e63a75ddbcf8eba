import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import type { BatchRange, Loader } from "../data/loader.ts";
import { type PretrainingFields, pretrainingFields } from "../data/pretraining-job.ts";
import type { MaskRequest } from "../data/worker-task.ts";
import { input } from "../engine/tensor.ts";
import type { RandomMask } from "../nn/scope.ts";
import type { MicroBatch } from "../train/loop.ts";
import { fillBernoulliMask } from "../util/bernoulli-mask.ts";
import { type NdArray, zeros } from "../util/nd-array.ts";
import { type BatchStreamOptions, courseOf, epochOf, microBatches } from "./micro-batches.ts";
import { hostFeeds } from "./pretrain-batches.ts";

const BATCH = 2;
const MASKS: readonly RandomMask[] = ["dropout/a", "dropout/b"].map((name, i) => {
  const shape = [BATCH, 4 + i];
  return { name, shape, keep: 0.5, tensor: input(name, "bool", shape) };
});

const HOST = {
  seed: 3,
  feed: { config: NANO, kept: 2, window: 12 },
  full: { batch: BATCH, tokens: 3, kept: 2 },
  words: "every",
} as const;

/** A loader whose record numbers are its ordinals, and what it was asked for. */
function fakeLoader(batchesPerEpoch: number) {
  const asked = { ranges: [] as BatchRange[], masks: [] as MaskRequest[] };
  const { image, ids, labels, attentionMask, tokenWeights } = pretrainingFields(3, 8);
  const array = <D extends "u8" | "i32" | "f32">(dtype: D, shape: readonly number[]): NdArray<D> =>
    zeros(dtype, [BATCH, ...shape]);
  const loader: Loader<PretrainingFields> = {
    batchesPerEpoch,
    async *batches(range = {}) {
      asked.ranges.push(range);
      const { from = 0, until = Number.POSITIVE_INFINITY } = range;
      for (let ordinal = from; ordinal < until; ordinal++) {
        yield {
          ordinal,
          epoch: Math.floor(ordinal / batchesPerEpoch),
          index: ordinal % batchesPerEpoch,
          records: Uint32Array.of(ordinal, ordinal),
          skipped: ordinal === 1 ? [{ record: 9, id: "r9", reason: "it is torn" }] : [],
          mended: [],
          waitMs: 0,
          arrays: {
            image: array("u8", image.shape),
            ids: { ...array("i32", ids.shape), data: Int32Array.of(2, 3, 0, 2, 5, 7) },
            labels: array("i32", labels.shape),
            attentionMask: array("f32", attentionMask.shape),
            tokenWeights: array("f32", tokenWeights.shape),
            length: array("i32", []),
            windowTop: array("i32", []),
            windowLeft: array("i32", []),
          },
        };
      }
    },
    async masks(requests) {
      asked.masks.push(...requests);
      return requests.map(({ key, size, keep }) => {
        const mask = new Uint8Array(size);
        fillBernoulliMask(mask, { key, keep });
        return mask;
      });
    },
    statistics: () => ({ batches: 0, waitMs: 0, skipped: [], mended: {}, restarts: 0 }),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { loader, asked };
}

/** The next `count` micro-batches of a run that has done `doneSteps` updates of two, in epochs of five or so many. */
async function take(count: number, doneSteps: number, batchesPerEpoch = 5) {
  const { loader, asked } = fakeLoader(batchesPerEpoch);
  const skipped: string[] = [];
  const options: BatchStreamOptions<PretrainingFields> = {
    loader,
    course: courseOf(batchesPerEpoch, 2),
    doneSteps,
    seed: 3,
    feedsOf: (batch) => hostFeeds(batch, HOST),
    masksOf: () => MASKS,
    identify: async (records) => Array.from(records, (record) => `r${record}`),
    onSkipped: (records) => void skipped.push(...records.map(({ id }) => id)),
  };
  const batches: MicroBatch[] = [];
  for await (const batch of microBatches(options)) if (batches.push(batch) === count) break;
  const ids = await Promise.all(batches.map(async (batch) => (await batch.ids())[0]));
  return { batches, ids, asked, skipped };
}

describe("courseOf() and epochOf()", () => {
  test("drop the partial accumulation at an epoch's end", () => {
    assert.equal(courseOf(5, 2).updatesPerEpoch, 2);
    assert.equal(courseOf(3, 4).updatesPerEpoch, 0);
    const epochs = [1, 2, 3, 4, 5].map((step) => epochOf(step, courseOf(5, 2)));
    assert.deepEqual(epochs, [0, 2 / 5, 1, 1 + 2 / 5, 2]);
  });
});

describe("microBatches()", () => {
  test("leaves out what does not fill an update, and goes on with the next epoch", async () => {
    const { ids, asked, skipped } = await take(9, 0);
    assert.deepEqual(ids, ["r0", "r1", "r2", "r3", "r5", "r6", "r7", "r8", "r10"]);
    assert.deepEqual(asked.ranges, [
      { from: 0, until: 4 },
      { from: 5, until: 9 },
      { from: 10, until: 14 },
    ]);
    assert.deepEqual(skipped, ["r9"]);
  });

  test("asks once for all epochs where nothing is left out", async () => {
    const { ids, asked } = await take(7, 1, 4);
    assert.deepEqual(ids, ["r2", "r3", "r4", "r5", "r6", "r7", "r8"]);
    assert.deepEqual(asked.ranges, [{ from: 2, until: Number.POSITIVE_INFINITY }]);
  });

  test("begins where the run stands, with the same feeds as without a stop", async () => {
    const whole = await take(9, 0);
    for (const doneSteps of [1, 2, 3]) {
      const rest = await take(9 - 2 * doneSteps, doneSteps);
      assert.deepEqual(rest.ids, whole.ids.slice(2 * doneSteps));
      for (const [i, { feeds }] of rest.batches.entries()) {
        assert.deepEqual(feeds, whole.batches[2 * doneSteps + i]?.feeds);
      }
    }
  });

  test("draws masks and noises anew for every micro-batch, each mask from its own stream", async () => {
    const { batches, asked } = await take(3, 0);
    const first = asked.masks.slice(0, 4).map(({ key, size, keep }) => ({ ...key, size, keep }));
    assert.deepEqual(first, [
      { seed: 3, name: "dropout/a", step: 0, size: 8, keep: 0.5 },
      { seed: 3, name: "dropout/b", step: 0, size: 10, keep: 0.5 },
      { seed: 3, name: "dropout/a", step: 1, size: 8, keep: 0.5 },
      { seed: 3, name: "dropout/b", step: 1, size: 10, keep: 0.5 },
    ]);
    const drawn = (name: string) =>
      new Set(batches.map(({ feeds }) => feeds.get(name)?.data.join("")));
    assert.equal(drawn("dropout/a").size, 3);
    assert.ok(drawn("idsRestore").size > 1);
    const [batch] = batches;
    assert.deepEqual(batch?.feeds.get("dropout/b")?.shape, [BATCH, 5]);
    assert.equal(batch?.feeds.get("dropout/b")?.dtype, "bool");
    assert.deepEqual([...(batch?.feeds.get("ids")?.data ?? [])], [2n, 3n, 0n, 2n, 5n, 7n]);
    assert.equal(batch?.samples, BATCH);
  });
});
