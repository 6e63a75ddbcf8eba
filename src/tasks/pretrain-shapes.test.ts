import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import type { BatchSizes } from "../model/ecamp.ts";
import { ecampFeeds, type HostBatch } from "../model/ecamp-feeds.ts";
import { Scope, Trace } from "../nn/scope.ts";
import { initializeStore } from "../train/initialize-store.ts";
import { decayByRank } from "../train/parameter-groups.ts";
import { ParameterStore } from "../train/parameter-store.ts";
import { type Losses, StepProgram } from "../train/step-program.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { RandomStream } from "../util/random.ts";
import { fittingSizes, PretrainShapes, shapeName } from "./pretrain-shapes.ts";

const FULL: BatchSizes = { batch: 8, tokens: 256, kept: 49 };

describe("fittingSizes()", () => {
  test("rounds up to eighths of the length and quarters of the places", () => {
    const fit = (longest: number, words: number) => {
      const { tokens, words: count } = fittingSizes(FULL, { longest, words });
      return [tokens, count];
    };
    assert.deepEqual(fit(1, 0), [32, 64]);
    assert.deepEqual(fit(32, 64), [32, 64]);
    assert.deepEqual(fit(33, 65), [64, 128]);
    assert.deepEqual(fit(256, 8 * 256), [256, 2048]);
    assert.deepEqual(fit(200, 1025), [224, 1344]);
  });

  test("has few shapes, each named", () => {
    const names = new Set<string>();
    for (let longest = 1; longest <= 256; longest++) {
      for (let words = 0; words <= 8 * longest; words += 5) {
        const sizes = fittingSizes(FULL, { longest, words });
        assert.ok(sizes.tokens >= longest && (sizes.words ?? 0) >= words);
        names.add(shapeName(sizes));
      }
    }
    assert.ok(names.size <= 32, `${names.size}`);
    assert.ok(names.has("8x64x49x128"));
  });
});

/** Two texts, masked at three places; all arrays for `tokens` places a text. */
function batchOf(tokens: number, { words }: { readonly words: number }): HostBatch {
  const stream = new RandomStream({ seed: 4, name: "batch" });
  const texts = [
    [2, 5, 3, 7],
    [2, 3, 8, 9, 3, 4],
  ];
  const places = (row: number, length: number): number[] =>
    Array.from({ length: tokens }, (_, i) => (i < length ? (texts[row]?.[i] ?? 0) : 0));
  const padded = texts.flatMap((text, row) => places(row, text.length));
  const attention = texts.flatMap((text) =>
    Array.from({ length: tokens }, (_, i) => Number(i < text.length)),
  );
  const found = [2, tokens + 1, tokens + 4, ...Array<number>(words - 3).fill(0)];
  const level = (): number => stream.integer(256);
  return {
    image: ndArray("u8", [2, 8, 8], Array.from({ length: 128 }, level)),
    ids: ndArray("i64", [2, tokens], padded),
    attentionMask: ndArray("f32", [2, tokens], attention),
    wordPositions: ndArray("i64", [words], found),
    labels: ndArray("i64", [words], [6, 7, 10, ...Array<number>(words - 3).fill(0)]),
    tokenWeights: ndArray("f32", [words], [1, 0.5, 2, ...Array<number>(words - 3).fill(0)]),
    windowTop: [0, 1],
    windowLeft: [1, 0],
    noise: ndArray("f32", [2, 4], [0.1, 0.7, 0.3, 0.9, 0.6, 0.2, 0.8, 0.4]),
  };
}

describe("PretrainShapes", () => {
  test("gives the same losses and gradients however much padding a shape has", async () => {
    const config = { ...NANO, positions: 16, tiedDecoder: true };
    const shapes = new PretrainShapes(config, {
      counting: { pixelMean: "counted", normalizedPatches: false },
      weights: { mim: 1, res: 1, mlm: 1 },
    });
    const results: { losses: Losses; gradients: ReadonlyMap<string, NdArray<"f32">> }[] = [];
    for (const { tokens, words } of [
      { tokens: 6, words: 3 },
      { tokens: 16, words: 11 },
    ]) {
      const traced = shapes.traceOf(shapeName({ batch: 2, tokens, kept: 2, words }));
      const store = new ParameterStore({ ...traced, rules: decayByRank(0), slots: [] });
      initializeStore(store, [...traced.trained, ...traced.fixed], 1);
      const device = { provider: "cpu", threads: 1 } as const;
      await using step = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
      const { feeds } = ecampFeeds(batchOf(tokens, { words }), { config, kept: 2, window: 12 });
      results.push({ losses: await step.run(feeds, { micro: 0 }), gradients: store.gradients });
    }
    const [short, long] = results;
    assert.ok(short !== undefined && long !== undefined);
    for (const [name, loss] of Object.entries(short.losses)) {
      assert.ok(Math.abs((long.losses[name] ?? Number.NaN) - loss) < 1e-6 * Math.abs(loss), name);
    }
    for (const [name, { data }] of short.gradients) {
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const other = long.gradients.get(name)?.data ?? new Float32Array();
      for (const [i, value] of data.entries()) {
        // A key bias has no gradient but for roundings: attention does not depend on it.
        const difference = Math.abs((other[i] ?? Number.NaN) - value);
        assert.ok(difference <= 1e-5 * largest + 1e-7, `${name}[${i}] differs by ${difference}`);
      }
    }
  });

  test("evaluates without dropout, and traces the training step of a shape once", () => {
    const shapes = new PretrainShapes(
      { ...NANO, dropout: 0.1, attentionDropout: 0.1 },
      {
        counting: { pixelMean: "all", normalizedPatches: false },
        weights: { mim: 1, res: 1, mlm: 1 },
      },
    );
    const name = shapeName({ batch: 2, tokens: 6, kept: 2 });
    assert.equal(shapes.masksOf(name).length, 9);
    const trace = new Trace();
    const { parts } = shapes.evaluationOf(name)(new Scope(trace));
    assert.deepEqual([...trace.masks.keys()], []);
    assert.deepEqual(Object.keys(parts), ["mim", "res", "mlm"]);
    assert.equal(shapes.traceOf(name), shapes.traceOf(name));
  });
});
