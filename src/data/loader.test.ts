import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { fillBernoulliMask } from "../util/bernoulli-mask.ts";
import { ConfigError, DecodeError, EcampError, ManifestError } from "../util/errors.ts";
import { candidatePlaces, type Field } from "./batch-job.ts";
import type { Batch, BatchRange, Loader, LoaderOptions } from "./loader.ts";
import { createLoader } from "./loader.ts";
import { epochOrder } from "./shuffle.ts";

const root = await mkdtemp(join(tmpdir(), "loader-"));
after(() => rm(root, { recursive: true, force: true }));

/** A job that writes [record, epoch] and misbehaves as its options say. */
const JOB = `
import { ConfigError, DecodeError, ManifestError } from ${JSON.stringify(new URL("../util/errors.ts", import.meta.url).href)};

export async function openJob(options) {
  if (options.unopenable) throw new ConfigError("Cannot open: no such thing");
  const { bad = [], badLine = [], bug, exit, hang, crash, times, linger, started, jitter } = options;
  // With \`times\`, a shared count-down, a worker dies that often only.
  const mayDie = () => times === undefined || Atomics.sub(times, 0, 1) > 0;
  return {
    fields: {
      pair: { dtype: "i32", shape: [2] },
      share: { dtype: "f32", shape: [] },
    },
    async write({ record, epoch }, { pair, share }) {
      if (started) Atomics.add(started, 0, 1);
      if (jitter) await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      if (linger) setTimeout(() => process.exit(3), 20);
      pair[0] = -1;
      if (bad.includes(record)) throw new DecodeError("Cannot decode it", { cause: new RangeError("inner") });
      if (badLine.includes(record)) throw new ManifestError("it has no report");
      if (record === bug) throw new TypeError("a bug");
      if (record === exit && mayDie()) process.exit(7);
      const crashes = record === crash && mayDie();
      if (crashes) setTimeout(() => { throw new RangeError("out of the blue"); });
      if (record === hang || crashes) await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
      pair.set([record, epoch]);
      share[0] = 1 / (1 + record);
    },
    identify: async (record) => "r" + record,
    async [Symbol.asyncDispose]() {},
  };
}
`;
const jobFile = join(root, "job.mjs");
await writeFile(jobFile, JOB);

type PairFields = { readonly pair: Field<"i32">; readonly share: Field<"f32"> };
type Changes = Partial<LoaderOptions> & { readonly misbehave?: object };

function pairLoader({ misbehave = {}, ...changes }: Changes = {}): Loader<PairFields> {
  return createLoader<PairFields>({
    size: 23,
    batchSize: 4,
    seed: 42,
    job: { module: pathToFileURL(jobFile).href, options: misbehave },
    identify: async (record) => `r${record}`,
    ...changes,
  });
}

async function collect(loader: Loader<PairFields>, range: BatchRange) {
  const batches: Batch<PairFields>[] = [];
  for await (const batch of loader.batches(range)) batches.push(batch);
  return batches.map(({ waitMs, ...rest }) => {
    assert.ok(waitMs >= 0);
    return rest;
  });
}

async function collectWith(changes: Changes, range: BatchRange) {
  await using loader = pairLoader(changes);
  // Awaited here: the loader is closed when this function returns.
  return await collect(loader, range);
}

describe("candidatePlaces()", () => {
  test("gives every place once, whatever batch and epoch have in common", () => {
    for (const length of [1, 2, 6, 12, 23]) {
      const order = Uint32Array.from({ length }, (_, i) => i);
      for (let size = 1; size <= length; size++) {
        const places = [...candidatePlaces(0, { order, start: length - 1, size })];
        assert.equal(places[0], length - 1);
        assert.deepEqual(
          places.toSorted((a, b) => a - b),
          [...order],
        );
      }
    }
  });
});

describe("createLoader()", () => {
  test("gives the same batches with any number of workers, whatever their timing", async () => {
    const expected = await collectWith({ workers: 0 }, { until: 12 });
    assert.deepEqual(
      expected.map(({ ordinal, epoch, index }) => [ordinal, epoch, index]),
      Array.from({ length: 12 }, (_, i) => [i, Math.floor(i / 5), i % 5]),
    );
    for (const { epoch, index, records, arrays } of expected) {
      const order = epochOrder({ seed: 42, epoch, size: 23 });
      assert.deepEqual(records, order.slice(index * 4, index * 4 + 4));
      assert.deepEqual(arrays.pair, {
        dtype: "i32",
        shape: [4, 2],
        data: Int32Array.from([...records].flatMap((record) => [record, epoch])),
      });
      assert.deepEqual(arrays.share.shape, [4]);
      assert.deepEqual(
        arrays.share.data,
        Float32Array.from(records, (record) => 1 / (1 + record)),
      );
    }
    for (const workers of [1, 3]) {
      for (const prefetch of [1, 5]) {
        const changes = { workers, prefetch, misbehave: { jitter: true } };
        assert.deepEqual(await collectWith(changes, { until: 12 }), expected);
      }
    }
  });

  test("resumes at any batch", async () => {
    const all = await collectWith({ workers: 0 }, { until: 12 });
    assert.deepEqual(await collectWith({ workers: 1 }, { from: 7, until: 12 }), all.slice(7));
  });

  test("keeps the last batch, and the records' order, when told to", async () => {
    const changes = { workers: 0, lastBatch: "keep", order: "sequential" } as const;
    const batches = await collectWith(changes, { until: 6 });
    assert.deepEqual(
      batches.flatMap(({ records }) => [...records]),
      Array.from({ length: 23 }, (_, record) => record),
    );
    assert.deepEqual(batches.at(-1)?.arrays.pair.shape, [3, 2]);
    await using loader = pairLoader(changes);
    assert.equal(loader.batchesPerEpoch, 6);
  });

  test("prepares no more batches ahead than it may", async () => {
    const started = new Int32Array(new SharedArrayBuffer(4));
    for (const workers of [0, 2]) {
      Atomics.store(started, 0, 0);
      await using loader = pairLoader({ workers, prefetch: 3, misbehave: { started } });
      const batches = loader.batches();
      await batches.next();
      while (Atomics.load(started, 0) < 16) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(Atomics.load(started, 0), 16);
    }
  });

  test("refuses numbers out of range", () => {
    for (const changes of [
      { size: 0 },
      { batchSize: 0 },
      { workers: -1 },
      { workers: 1.5 },
      { prefetch: 0 },
      { size: 3 },
    ]) {
      assert.throws(() => pairLoader(changes), ConfigError, JSON.stringify(changes));
    }
  });
});

for (const workers of [0, 1]) {
  describe(`a loader with ${workers} workers`, () => {
    const rejectsWith = async (misbehave: object, check: (error: unknown) => void) => {
      await using loader = pairLoader({ workers, order: "sequential", misbehave });
      await assert.rejects(collect(loader, { until: 5 }), (error) => {
        check(error);
        return true;
      });
    };

    test("names the record that is bad", async () => {
      await rejectsWith({ bad: [6] }, (error) => {
        assert.ok(error instanceof DecodeError);
        assert.equal(error.message, 'Cannot use record "r6": Cannot decode it');
        assert.ok(error.cause instanceof RangeError);
        assert.equal(error.cause.message, "inner");
      });
      await rejectsWith({ badLine: [6] }, (error) => {
        assert.ok(error instanceof ManifestError);
        assert.equal(error.message, 'Cannot use record "r6": it has no report');
      });
    });

    test("gives the batches before a bad record", async () => {
      await using loader = pairLoader({ workers, order: "sequential", misbehave: { bad: [6] } });
      const batches = loader.batches();
      assert.equal((await batches.next()).done, false);
      await assert.rejects(batches.next(), DecodeError);
    });

    test("replaces bad records by those a batch later, the same when resumed", async () => {
      const changes = {
        workers,
        order: "sequential",
        onBadRecord: "skip",
        misbehave: { bad: [1, 5, 20], badLine: [22] },
      } as const;
      await using loader = pairLoader(changes);
      const batches = await collect(loader, { until: 10 });
      assert.deepEqual(
        batches.slice(0, 5).map(({ records }) => [...records]),
        [
          [0, 9, 2, 3],
          [4, 9, 6, 7],
          [8, 9, 10, 11],
          [12, 13, 14, 15],
          [16, 17, 18, 19],
        ],
      );
      const reason = "Cannot decode it";
      assert.deepEqual(batches[0]?.skipped, [
        { record: 1, id: "r1", reason },
        { record: 5, id: "r5", reason },
      ]);
      assert.deepEqual(batches[1]?.skipped, [{ record: 5, id: "r5", reason }]);
      for (const { arrays, records } of batches) {
        const written = [...arrays.pair.data].filter((_, i) => i % 2 === 0);
        assert.deepEqual(written, [...records]);
      }
      const statistics = loader.statistics();
      assert.equal(statistics.batches, 10);
      assert.deepEqual(
        statistics.skipped.map(({ id }) => id),
        ["r1", "r5"],
      );
      assert.deepEqual(await collectWith(changes, { from: 6, until: 10 }), batches.slice(6));
    });

    test("looks past the end of the epoch's order for a replacement", async () => {
      await using loader = pairLoader({
        workers,
        order: "sequential",
        lastBatch: "keep",
        onBadRecord: "skip",
        misbehave: { badLine: [22] },
      });
      const [last] = await collect(loader, { from: 5, until: 6 });
      assert.deepEqual([...(last?.records ?? [])], [20, 21, (22 + 3) % 23]);
    });

    test("finds a replacement where one batch is the whole epoch, or steps of a batch come round", async () => {
      const changes: Changes = { workers, order: "sequential", onBadRecord: "skip" };
      const whole = { ...changes, size: 4, misbehave: { bad: [2] } };
      const [only] = await collectWith(whole, { until: 1 });
      assert.deepEqual([...(only?.records ?? [])], [0, 1, 3, 3]);
      const round = { ...changes, size: 8, misbehave: { bad: [2, 6] } };
      const [first] = await collectWith(round, { until: 1 });
      assert.deepEqual([...(first?.records ?? [])], [0, 1, 3, 3]);
      const none = { ...changes, size: 4, misbehave: { bad: [0, 1, 2, 3] } };
      await assert.rejects(
        collectWith(none, { until: 1 }),
        /all 4 records that could fill sample 0 are bad/,
      );
    });

    test("gives up when too many are bad", async () => {
      const bad = Array.from({ length: 100 }, (_, record) => record);
      await using loader = pairLoader({
        workers,
        size: 100,
        onBadRecord: "skip",
        misbehave: { bad },
      });
      await assert.rejects(collect(loader, { until: 1 }), (error) => {
        assert.ok(error instanceof DecodeError);
        assert.match(error.message, /33 records that could fill sample 0 are bad/);
        return true;
      });
    });

    test("does not skip a bug", async () => {
      await using loader = pairLoader({ workers, onBadRecord: "skip", misbehave: { bug: 6 } });
      await assert.rejects(collect(loader, { until: 5 }), new TypeError("a bug"));
    });

    test("says what a job that cannot be opened says", async () => {
      await rejectsWith({ unopenable: true }, (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.message, "Cannot open: no such thing");
      });
      await using loader = pairLoader({
        workers,
        job: { module: "data:text/javascript,export const a = 1", options: {} },
      });
      await assert.rejects(collect(loader, { until: 1 }), /it exports no openJob function/);
    });

    test("draws masks, before the batches that wait", async () => {
      const started = new Int32Array(new SharedArrayBuffer(4));
      const misbehave = { started, jitter: true };
      await using loader = pairLoader({ workers, prefetch: 9, misbehave });
      const batches = loader.batches();
      await batches.next();
      const key = { seed: 1, name: "dropout/x", step: 3 };
      const masks = await loader.masks([
        { key, size: 1001, keep: 0.9, dtype: "f32" },
        { key, size: 1001, keep: 0.9, dtype: "u8" },
      ]);
      const floats = new Float32Array(1001);
      const bytes = new Uint8Array(1001);
      fillBernoulliMask(floats, { key, keep: 0.9 });
      fillBernoulliMask(bytes, { key, keep: 0.9 });
      assert.deepEqual(masks, [floats, bytes]);
      // The batch that was taken, the one in work when the masks were asked for, and perhaps the next; not all ten.
      assert.ok(Atomics.load(started, 0) <= 12, `${Atomics.load(started, 0)} samples were begun`);
      await assert.rejects(
        loader.masks([{ key, size: 1, keep: 2, dtype: "u8" }]),
        /RangeError: Cannot draw a mask/,
      );
    });

    test("stops when told to, though a record hangs", async () => {
      const misbehave = workers === 0 ? { jitter: true } : { hang: 5 };
      await using loader = pairLoader({ workers, order: "sequential", misbehave });
      const controller = new AbortController();
      const batches = loader.batches({ signal: controller.signal });
      await batches.next();
      const next = batches.next();
      setTimeout(() => controller.abort(new RangeError("enough")), 0);
      await assert.rejects(next, new RangeError("enough"));
    });

    test("can be taken from again after a taker stopped halfway", async () => {
      await using loader = pairLoader({ workers });
      for await (const batch of loader.batches()) if (batch.ordinal === 1) break;
      const batches = await collect(loader, { from: 2, until: 4 });
      assert.deepEqual(batches, await collectWith({ workers: 0 }, { from: 2, until: 4 }));
    });

    test("refuses work after it was closed", async () => {
      const loader = pairLoader({ workers });
      await loader[Symbol.asyncDispose]();
      await assert.rejects(collect(loader, { until: 1 }), /it has been closed$/);
    });
  });
}

describe("a loader whose worker dies", () => {
  const times = (count: number) => new Int32Array(new SharedArrayBuffer(4)).fill(count);

  test("starts another and gives the same batches", async () => {
    const expected = await collectWith({ workers: 0 }, { until: 12 });
    for (const [misbehave, reason] of [
      [{ exit: 6 }, "it stopped with exit code 7"],
      [{ crash: 6 }, "out of the blue"],
    ] as const) {
      for (const workers of [1, 2]) {
        const told: string[] = [];
        const onRestart = (text: string) => told.push(text);
        const changes = { workers, misbehave: { ...misbehave, times: times(1) }, onRestart };
        await using loader = pairLoader(changes);
        assert.deepEqual(await collect(loader, { until: 12 }), expected);
        assert.deepEqual(told, [
          `warning: the loader's worker died at record "r6": ${reason}; another does its work again`,
        ]);
        assert.equal(loader.statistics().restarts, 1);
      }
    }
  });

  test("starts another for masks too, though nothing was being done when the worker died", async () => {
    await using loader = pairLoader({ workers: 1, misbehave: { linger: true } });
    await collect(loader, { until: 1 });
    const key = { seed: 1, name: "dropout/x", step: 3 };
    const request = { key, size: 11, keep: 0.5, dtype: "f32" } as const;
    const expected = new Float32Array(11);
    fillBernoulliMask(expected, { key, keep: 0.5 });
    while (loader.statistics().restarts === 0) {
      assert.deepEqual(await loader.masks([request]), [expected]);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });

  const diesTwice = async (misbehave: object, message: string) => {
    await using loader = pairLoader({ workers: 1, order: "sequential", misbehave });
    await assert.rejects(collect(loader, { until: 5 }), (error) => {
      assert.ok(error instanceof EcampError);
      assert.equal(error.message, message);
      return true;
    });
    assert.equal(loader.statistics().restarts, 1);
    await assert.rejects(collect(loader, { until: 1 }), /the loader's worker died twice/);
  };

  test("says what the worker was doing when the second stopped too", async () => {
    await diesTwice(
      { exit: 6, times: times(2) },
      'Cannot prepare samples 4 to 7 of epoch 0: the loader\'s worker died twice, last at record "r6": it stopped with exit code 7',
    );
  });

  test("says what was thrown where nothing could catch it", async () => {
    await diesTwice(
      { crash: 2 },
      'Cannot prepare samples 0 to 3 of epoch 0: the loader\'s worker died twice, last at record "r2": out of the blue',
    );
  });
});
