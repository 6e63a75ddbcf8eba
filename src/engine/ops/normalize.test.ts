import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../../util/errors.ts";
import { ndArray } from "../../util/nd-array.ts";
import { gradients } from "../grad.ts";
import { buildGraph } from "../graph.ts";
import { Program } from "../runtime/program.ts";
import { input } from "../tensor.ts";
import { add } from "./elementwise.ts";
import { batchNormalization, layerNormalization } from "./normalize.ts";
import { reduceSum } from "./reduce.ts";

describe("layerNormalization()", () => {
  const x = input("x", "f32", [2, 5, 4]);
  const scale = input("scale", "f32", [4]);

  test("keeps the shape", () => {
    assert.deepEqual(layerNormalization(x, scale, scale, { epsilon: 1e-6 }).shape, [2, 5, 4]);
  });

  test("says what does not fit", () => {
    const bias = input("bias", "f32", [5]);
    assert.throws(
      () => layerNormalization(x, scale, bias, { epsilon: 1e-6 }),
      new ShapeError("Cannot normalise f32[2,5,4] with scale f32[4] and bias f32[5]"),
    );
    const wide = input("wide", "f64", [4]);
    assert.throws(
      () => layerNormalization(x, wide, scale, { epsilon: 1e-6 }),
      new ShapeError("Cannot normalise f32[2,5,4] with scale f64[4] and bias f32[4]"),
    );
  });
});

describe("batchNormalization()", () => {
  const x = input("x", "f32", [2, 3, 4, 5]);
  const scale = input("scale", "f32", [3]);
  const epsilon = 1e-5;

  test("keeps the shape, with statistics for every channel", () => {
    const { y, mean, variance } = batchNormalization(x, scale, scale, { epsilon });
    assert.deepEqual([y.shape, mean.shape, variance.shape], [[2, 3, 4, 5], [3], [3]]);
  });

  test("says what does not fit", () => {
    const short = input("short", "f32", [2]);
    assert.throws(
      () => batchNormalization(x, scale, short, { epsilon }),
      new ShapeError(
        "Cannot normalise the channels of f32[2,3,4,5] with scale f32[3] and bias f32[2]",
      ),
    );
    const flat = input("flat", "f32", [2, 3]);
    assert.throws(
      () => batchNormalization(flat, scale, scale, { epsilon }),
      new ShapeError("Cannot normalise the channels of f32[2,3] with scale f32[3] and bias f32[3]"),
    );
  });

  test("refuses channels of one value", () => {
    const pixel = input("pixel", "f32", [1, 3, 1, 1]);
    assert.throws(
      () => batchNormalization(pixel, scale, scale, { epsilon }),
      new ShapeError(
        "Cannot normalise the channels of f32[1,3,1,1] by the batch: one value has no variance, take a larger batch or image",
      ),
    );
  });

  test("takes its statistics from one run alone, and leaves what it is fed as it is", async () => {
    const small = input("x", "f32", [1, 2, 1, 2]);
    const [weight, shift] = [input("scale", "f32", [2]), input("bias", "f32", [2])];
    const { mean, variance } = batchNormalization(small, weight, shift, { epsilon });
    // As intermediates: ONNX Runtime may then write them where it likes.
    const graph = buildGraph({ mean: add(mean, mean), variance: add(variance, variance) });
    await using program = await Program.compile(graph, { provider: "cpu", threads: 1 });
    const scales = ndArray("f32", [2], [3, 5]);
    const run = async (pixels: readonly number[]) => {
      const image = ndArray("f32", [1, 2, 1, 2], pixels);
      const feeds = new Map([
        ["x", image],
        ["scale", scales],
        ["bias", scales],
      ]);
      const results = await program.run(feeds);
      return [...results.values()].map(({ data }) => [...data]);
    };
    await run([Number.NaN, 1, Number.POSITIVE_INFINITY, 2]);
    assert.deepEqual(await run([1, 3, -10, 10]), [
      [4, 0],
      [2, 200],
    ]);
    assert.deepEqual([...scales.data], [3, 5]);
  });

  test("is not differentiated through its statistics", () => {
    const { variance } = batchNormalization(x, scale, scale, { epsilon });
    assert.throws(() => gradients(reduceSum(variance), [x]), TypeError);
  });
});
