import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVICE, openToy, type Toy, toyBatches, toyObjective } from "../../test/toy-training.ts";
import { mul } from "../engine/ops/elementwise.ts";
import { reduceSum } from "../engine/ops/reduce.ts";
import { input } from "../engine/tensor.ts";
import { dropout } from "../nn/dropout.ts";
import { constant } from "../nn/initializers.ts";
import type { NdArray } from "../util/nd-array.ts";
import type { MicroBatch } from "./loop.ts";
import { decayByRank } from "./parameter-groups.ts";
import { ParameterStore } from "./parameter-store.ts";
import { StepProgram, traceObjective } from "./step-program.ts";

async function take(count: number, samples: number): Promise<readonly MicroBatch[]> {
  const taken: MicroBatch[] = [];
  for await (const batch of toyBatches({ samples, accumulate: 1 }, 0)) {
    taken.push(batch);
    if (taken.length === count) break;
  }
  return taken;
}

/** Samples of several micro-batches as one. */
function joined(batches: readonly MicroBatch[]): ReadonlyMap<string, NdArray> {
  const join = (name: string): NdArray => {
    const parts = batches.map(({ feeds }) => feeds.get(name));
    const [rows = 0, columns = 0] = parts[0]?.shape ?? [];
    const data = Float32Array.from(parts.flatMap((part) => Array.from(part?.data ?? [], Number)));
    return { dtype: "f32", shape: [rows * parts.length, columns], data };
  };
  return new Map(["x", "y"].map((name) => [name, join(name)]));
}

/** The loss and its gradient by their formulas, in double precision. */
function byHand({ store }: Toy, feeds: ReadonlyMap<string, NdArray>) {
  const [x, y] = [feeds.get("x"), feeds.get("y")];
  const [weight, bias] = [store.values.get("map.weight"), store.values.get("map.bias")];
  const [samples = 0, inputs = 0] = x?.shape ?? [];
  const [width = 0] = bias?.shape ?? [];
  const at = (array: NdArray | undefined, i: number): number => Number(array?.data[i]);
  const gradient = {
    "map.weight": Array(width * inputs).fill(0),
    "map.bias": Array(width).fill(0),
  };
  let loss = 0;
  for (let n = 0; n < samples; n++) {
    for (let out = 0; out < width; out++) {
      let error = at(bias, out) - at(y, n * width + out);
      for (let i = 0; i < inputs; i++)
        error += at(weight, out * inputs + i) * at(x, n * inputs + i);
      loss += error ** 2 / (samples * width);
      const share = (2 * error) / (samples * width);
      gradient["map.bias"][out] += share;
      for (let i = 0; i < inputs; i++) {
        gradient["map.weight"][out * inputs + i] += share * at(x, n * inputs + i);
      }
    }
  }
  return { loss, gradient };
}

function assertGradient(
  { store }: Toy,
  expected: Readonly<Record<string, readonly number[]>>,
): void {
  for (const [name, values] of Object.entries(expected)) {
    for (const [i, value] of values.entries()) {
      const got = store.gradients.get(name)?.data[i] ?? Number.NaN;
      assert.ok(Math.abs(got - value) < 1e-6, `${name}[${i}] is ${got}, not ${value}`);
    }
  }
}

describe("traceObjective()", () => {
  test("tells apart what receives a gradient", () => {
    const traced = toyObjective(4);
    assert.deepEqual(
      traced.trained.map(({ name }) => name),
      ["map.weight", "map.bias"],
    );
    assert.deepEqual(
      traced.fixed.map(({ name }) => name),
      ["unused.weight", "unused.bias", "seen.running_mean"],
    );
    assert.deepEqual([...traced.moves.keys()], ["seen.running_mean"]);
    assert.deepEqual([...traced.gradients.keys()], ["map.weight", "map.bias"]);
  });

  test("gives frozen parameters no gradient, and collects masks and taps", () => {
    const traced = traceObjective((s) => {
      const table = s.param("table", [3], constant(1), { trainable: false });
      const weight = s.param("weight", [3], constant(1));
      const product = s.tap("product", mul(mul(table, weight), input("x", "f32", [3])));
      const loss = reduceSum(dropout(s.at("out"), product, 0.5));
      return { loss, parts: { loss } };
    });
    assert.deepEqual(
      traced.fixed.map(({ name }) => name),
      ["table"],
    );
    assert.deepEqual(
      traced.trained.map(({ name }) => name),
      ["weight"],
    );
    assert.deepEqual(
      traced.masks.map(({ name }) => name),
      ["dropout/out"],
    );
    assert.ok(traced.taps.has("product"));
  });
});

describe("StepProgram", () => {
  test("gives the parts of the objective and writes gradients in place", async () => {
    await using toy = await openToy({ samples: 4, accumulate: 1 });
    const [first, second] = await take(2, 4);
    assert.ok(first !== undefined && second !== undefined);
    const buffer = toy.store.gradients.get("map.weight")?.data;
    for (const { feeds } of [first, second]) {
      const losses = await toy.program.run(feeds, { micro: 0 });
      const { loss, gradient } = byHand(toy, feeds);
      assert.deepEqual(Object.keys(losses), ["error"]);
      assert.ok(Math.abs((losses["error"] ?? Number.NaN) - loss) < 1e-6);
      assertGradient(toy, gradient);
    }
    assert.equal(toy.store.gradients.get("map.weight")?.data, buffer);
  });

  test("accumulates the mean gradient of micro-batches, and begins anew with the first", async () => {
    await using toy = await openToy({ samples: 4, accumulate: 3 });
    const batches = await take(6, 4);
    for (const update of [batches.slice(0, 3), batches.slice(3)]) {
      const losses: number[] = [];
      for (const [micro, { feeds }] of update.entries()) {
        losses.push((await toy.program.run(feeds, { micro }))["error"] ?? Number.NaN);
      }
      const { loss, gradient } = byHand(toy, joined(update));
      assertGradient(toy, gradient);
      const mean = losses.reduce((sum, value) => sum + value, 0) / 3;
      assert.ok(Math.abs(mean - loss) < 1e-6, "losses are reported unscaled");
    }
  });

  test("moves buffers with every micro-batch, but their values with the update alone", async () => {
    await using toy = await openToy({ samples: 4, accumulate: 2 });
    const seen = (): readonly number[] => [
      ...(toy.store.values.get("seen.running_mean")?.data ?? []),
    ];
    const expected = [1, 1, 1];
    const batches = await take(6, 4);
    // What a step that is given up has made of them is forgotten.
    for (const [micro, { feeds }] of batches.slice(4).entries()) {
      await toy.program.run(feeds, { micro });
    }
    for (const [step, update] of [batches.slice(0, 2), batches.slice(2, 4)].entries()) {
      for (const [micro, { feeds }] of update.entries()) {
        const before = seen();
        await toy.program.run(feeds, { micro });
        assert.deepEqual(seen(), before);
        const x = feeds.get("x");
        for (const i of expected.keys()) {
          const column = [0, 1, 2, 3].map((row) => Number(x?.data[3 * row + i]));
          const mean = column.reduce((sum, value) => sum + value, 0) / 4;
          expected[i] = 0.75 * (expected[i] ?? Number.NaN) + 0.25 * mean;
        }
      }
      await toy.optimizer.update({ step: step + 1, lr: 0.1, gradientScale: 1 });
      for (const [i, value] of seen().entries()) {
        assert.ok(Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-6, `${i} in step ${step + 1}`);
      }
    }
    const settled = seen();
    await toy.optimizer.update({ step: 3, lr: 0.1, gradientScale: 1 });
    assert.deepEqual(seen(), settled, "a move is made once");
  });

  test("refuses a further micro-batch where it was compiled for one", async () => {
    await using toy = await openToy({ samples: 4, accumulate: 1 });
    const [batch] = await take(1, 4);
    await assert.rejects(
      toy.program.run(batch?.feeds ?? new Map(), { micro: 1 }),
      new RangeError("Cannot run micro-batch 1: the step was compiled for 1"),
    );
  });

  test("feeds the masks that it is given", async () => {
    const traced = traceObjective((s) => {
      const loss = reduceSum(dropout(s, s.param("weight", [3], constant(1)), 0.5));
      return { loss, parts: { loss } };
    });
    const store = new ParameterStore({ ...traced, rules: decayByRank(0), slots: [] });
    store.values.get("weight")?.data.set([1, 2, 3]);
    await using program = await StepProgram.compile(traced, store, { ...DEVICE, accumulate: 1 });
    const mask: NdArray = { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) };
    const losses = await program.run(new Map([["dropout/", mask]]), { micro: 0 });
    assert.deepEqual(losses, { loss: 8 });
    assert.deepEqual([...(store.gradients.get("weight")?.data ?? [])], [2, 0, 2]);
  });
});
