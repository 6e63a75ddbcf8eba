import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { assertClose } from "../../test/close.ts";
import { exactly, indices, normal } from "../../test/draw.ts";
import { build, read, sum, type Values } from "../../test/reference/values.ts";
import { type TracedLayer, traceLayer } from "../../test/trace-layer.ts";
import { gradients } from "../engine/grad.ts";
import { buildGraph } from "../engine/graph.ts";
import { mul } from "../engine/ops/elementwise.ts";
import { reduceMean, reduceSum } from "../engine/ops/reduce.ts";
import { Program } from "../engine/runtime/program.ts";
import { input } from "../engine/tensor.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  maskedSquareMean,
  weightedMean,
} from "./losses.ts";

const ROWS = 4;
const WORDS = 5;
const INPUTS = { logits: normal(ROWS, WORDS), labels: indices(WORDS, ROWS) };

/** −ln softmax(logits)[label] of a row, by its definition. */
function lossOf(layer: TracedLayer, row: number): number {
  const [logits, labels] = [layer.value("logits"), layer.value("labels")];
  const total = sum(WORDS, (word) => Math.exp(read(logits, [row, word])));
  return -Math.log(Math.exp(read(logits, [row, read(labels, [row])])) / total);
}

describe("crossEntropy()", () => {
  test("is −ln of the label's probability, row by row", () => {
    const layer = traceLayer((_, { logits, labels }) => crossEntropy(logits, labels), INPUTS);
    const expected = build([ROWS], ([row = 0]) => lossOf(layer, row));
    assertClose({ what: "loss", actual: layer.output(), expected, tolerance: 1e-12 });
    checkTracedGradients(layer);
  });

  test("weights each token", () => {
    const layer = traceLayer(
      (_, { logits, labels, weights }) => reduceMean(mul(crossEntropy(logits, labels), weights)),
      { ...INPUTS, weights: exactly("f32", [ROWS], [1, 0.5, 0, 2]) },
    );
    const expected: Values = build(
      [],
      () => sum(ROWS, (row) => read(layer.value("weights"), [row]) * lossOf(layer, row)) / ROWS,
    );
    assertClose({ what: "loss", actual: layer.output(), expected, tolerance: 1e-7 });
    checkTracedGradients(layer);
  });

  test("stays finite, with its gradient, where logits are large", async () => {
    const logits = input("logits", "f32", [2, 3]);
    const losses = crossEntropy(logits, input("labels", "i64", [2]));
    const [gradient = logits] = gradients(reduceSum(losses), [logits]);
    assert.ok(gradient !== null);
    await using program = await Program.compile(buildGraph({ losses, gradient }), {
      provider: "cpu",
      threads: 1,
    });
    const results = await program.run(
      new Map<string, NdArray>([
        ["logits", ndArray("f32", [2, 3], [1e4, -1e4, 0, -1e4, -1e4, -1e4])],
        ["labels", ndArray("i64", [2], [1, 2])],
      ]),
    );
    const [first, second] = Array.from(results.get("losses")?.data ?? [], Number);
    assert.equal(first, 2e4);
    assert.ok(Math.abs(Number(second) - Math.log(3)) < 1e-3, `${second} is not ln 3`);
    const third = 1 / 3;
    const expected = [1, -1, 0, third, third, third - 1];
    for (const [i, value] of expected.entries()) {
      assert.ok(Math.abs(Number(results.get("gradient")?.data[i]) - value) < 1e-3);
    }
  });
});

describe("binaryCrossEntropyWithLogits()", () => {
  const draws = {
    logits: normal(3, 2),
    targets: exactly("f32", [3, 2], [0, 1, 0.25, 1, 0, 1]),
    weights: exactly("f32", [2], [3, 0.5]),
  };
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

  test("is −t·ln σ(z) − (1 − t)·ln(1 − σ(z)), the first term weighted by class", () => {
    const layer = traceLayer(
      (_, { logits, targets, weights }) => binaryCrossEntropyWithLogits(logits, targets, weights),
      draws,
    );
    const [logits, targets, weights] = ["logits", "targets", "weights"].map(layer.value);
    assert.ok(logits !== undefined && targets !== undefined && weights !== undefined);
    const expected = build([3, 2], (at) => {
      const [p, t] = [sigmoid(read(logits, at)), read(targets, at)];
      return -read(weights, [at[1] ?? 0]) * t * Math.log(p) - (1 - t) * Math.log(1 - p);
    });
    assertClose({ what: "loss", actual: layer.output(), expected, tolerance: 1e-12 });
    checkTracedGradients(layer);
  });

  test("stays finite, with its gradient, where logits are large", async () => {
    const logits = input("logits", "f32", [4]);
    const losses = binaryCrossEntropyWithLogits(logits, input("targets", "f32", [4]));
    const [gradient = logits] = gradients(reduceSum(losses), [logits]);
    assert.ok(gradient !== null);
    await using program = await Program.compile(buildGraph({ losses, gradient }), {
      provider: "cpu",
      threads: 1,
    });
    const results = await program.run(
      new Map<string, NdArray>([
        ["logits", ndArray("f32", [4], [1e4, 1e4, -1e4, 0])],
        ["targets", ndArray("f32", [4], [0, 1, 1, 1])],
      ]),
    );
    const numbersOf = (name: string): number[] => Array.from(results.get(name)?.data ?? [], Number);
    assert.deepEqual(numbersOf("losses").slice(0, 3), [1e4, 0, 1e4]);
    for (const [i, value] of [1, 0, -1, -0.5].entries()) {
      assert.ok(Math.abs((numbersOf("gradient")[i] ?? Number.NaN) - value) < 1e-6);
    }
  });
});

describe("maskedSquareMean()", () => {
  const draws = {
    x: normal(2, 3, 4),
    y: normal(2, 1, 4),
    mask: exactly("f32", [2, 3, 1], [1, 0, 1, 0, 0, 1]),
  };
  const layers = (["all", "counted"] as const).map((over) => ({
    over,
    layer: traceLayer((_, { x, y, mask }) => maskedSquareMean(x, y, { mask, over }), draws),
  }));

  test("averages over all elements, those outside the mask as zeros, or over those inside", () => {
    for (const { over, layer } of layers) {
      const [x, y, mask] = [layer.value("x"), layer.value("y"), layer.value("mask")];
      const squares = build([2, 3, 4], ([b = 0, n = 0, i = 0]) => {
        const difference = read(x, [b, n, i]) - read(y, [b, 0, i]);
        return (difference * read(mask, [b, n, 0])) ** 2;
      });
      const count = over === "all" ? 24 : 12;
      const expected = build([], () => sum(24, (i) => squares.data[i] ?? 0) / count);
      assertClose({ what: over, actual: layer.output(), expected, tolerance: 1e-12 });
    }
  });

  test("is 0 where nothing counts", () => {
    const nothing = exactly("f32", [2, 3, 1], [0, 0, 0, 0, 0, 0]);
    const layer = traceLayer(
      (_, { x, y, mask }) => maskedSquareMean(x, y, { mask, over: "counted" }),
      { ...draws, mask: nothing },
    );
    assert.equal(layer.output().data[0], 0);
  });

  test("has the gradient of finite differences", () => {
    for (const { layer } of layers) {
      const inputs = new Map([...layer.inputs].filter(([name]) => name !== "mask"));
      checkTracedGradients({ ...layer, inputs });
    }
  });
});

describe("weightedMean()", () => {
  const weighted = (weights: readonly number[]): TracedLayer =>
    traceLayer((_, { x, weights }) => weightedMean(x, weights), {
      x: normal(4),
      weights: exactly("f32", [4], weights),
    });

  test("divides by the sum of the weights", () => {
    const layer = weighted([0.5, 0, 2, 1]);
    const [x, w] = [layer.value("x"), layer.value("weights")];
    const expected = build([], () => sum(4, (i) => read(x, [i]) * read(w, [i])) / 3.5);
    assertClose({ what: "mean", actual: layer.output(), expected, tolerance: 1e-12 });
    checkTracedGradients(layer);
  });

  test("is 0 where all weights are", () => {
    assert.equal(weighted([0, 0, 0, 0]).output().data[0], 0);
  });
});
