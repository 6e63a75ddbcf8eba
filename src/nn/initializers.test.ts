import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ndArray, type Shape } from "../util/nd-array.ts";
import {
  constant,
  convDefaultUniform,
  type Initializer,
  initialValues,
  normal,
  table,
  xavierUniform,
} from "./initializers.ts";

function draw(initializer: Initializer, shape: Shape, seed = 1, name = "w"): Float32Array {
  return initialValues({ name, shape, initializer, seed }).data;
}

function moments(values: Float32Array): { mean: number; std: number; largest: number } {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const mean = sum / values.length;
  return { mean, std: Math.sqrt(squares / values.length - mean * mean), largest };
}

/** The share of elements below `limit`. */
function shareBelow(values: Float32Array, limit: number): number {
  return values.reduce((count, value) => count + Number(value < limit), 0) / values.length;
}

const SIZE = 200_000;

describe("xavierUniform()", () => {
  test("is bounded by √(6 / (fanIn + fanOut))", () => {
    assert.equal(xavierUniform(768, 2304).statistics?.bound, 0.04419417382415922);
  });

  test("is uniform over its range", () => {
    const values = draw(xavierUniform(2, 4), [SIZE]);
    const { mean, std, largest } = moments(values);
    assert.ok(Math.abs(mean) < 0.005);
    assert.ok(Math.abs(std - 1 / Math.sqrt(3)) < 0.005);
    assert.ok(largest <= 1 && largest > 0.9999);
    for (const limit of [-0.8, -0.3, 0, 0.5, 0.9]) {
      assert.ok(Math.abs(shareBelow(values, limit) - (limit + 1) / 2) < 0.006);
    }
  });
});

describe("convDefaultUniform()", () => {
  test("is bounded by 1/√fanIn", () => {
    const rule = convDefaultUniform(27);
    assert.equal(rule.statistics?.bound, 1 / Math.sqrt(27));
    const { largest } = moments(draw(rule, [3, 3, 3, 3]));
    assert.ok(largest <= Math.fround(1 / Math.sqrt(27)) && largest > 0.17);
  });
});

describe("normal()", () => {
  test("has the tails of a normal distribution", () => {
    const values = draw(normal({ std: 0.02 }), [SIZE]);
    const { mean, std } = moments(values);
    assert.ok(Math.abs(mean) < 3e-4);
    assert.ok(Math.abs(std - 0.02) < 2e-4);
    const normalBelow = { "-2": 0.02275, "-1": 0.15866, "0": 0.5, "1": 0.84134, "2.5": 0.99379 };
    for (const [sigmas, share] of Object.entries(normalBelow)) {
      assert.ok(Math.abs(shareBelow(values, 0.02 * Number(sigmas)) - share) < 0.005, sigmas);
    }
  });

  test("leaves exactly the zero row at 0", () => {
    const rule = normal({ std: 1, zeroRow: 1 });
    assert.equal(rule.zeroRow, 1);
    const values = draw(rule, [3, 5, 2]);
    assert.ok(values.subarray(10, 20).every((value) => value === 0));
    assert.ok(values.subarray(0, 10).every((value) => value !== 0));
    assert.ok(values.subarray(20).every((value) => value !== 0));
  });
});

describe("constant() and table()", () => {
  test("give their values, whatever the stream", () => {
    assert.deepEqual([...draw(constant(1), [3])], [1, 1, 1]);
    assert.deepEqual([...draw(table(ndArray("f32", [1, 3], [4, 5, 6])), [3])], [4, 5, 6]);
  });

  test("table() refuses a parameter of another size", () => {
    assert.throws(
      () => draw(table(ndArray("f32", [2], [4, 5])), [3]),
      new RangeError("Cannot start a parameter of 3 elements from a table: it has 2"),
    );
  });
});

describe("initialValues()", () => {
  test("depends on the seed and the name, and on nothing else", () => {
    for (const rule of [xavierUniform(8, 8), normal({ std: 1 })]) {
      const first = draw(rule, [70_000], 3, "blocks.0.attn.qkv.weight");
      assert.deepEqual(draw(rule, [70_000], 3, "blocks.0.attn.qkv.weight"), first);
      assert.notDeepEqual(draw(rule, [70_000], 4, "blocks.0.attn.qkv.weight"), first);
      assert.notDeepEqual(draw(rule, [70_000], 3, "blocks.1.attn.qkv.weight"), first);
    }
  });
});
