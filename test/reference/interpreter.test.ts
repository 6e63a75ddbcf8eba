import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildGraph } from "../../src/engine/graph.ts";
import { gelu } from "../../src/engine/ops/elementwise.ts";
import { gatherRows } from "../../src/engine/ops/gather.ts";
import { reverse } from "../../src/engine/ops/layout.ts";
import { layerNormalization } from "../../src/engine/ops/normalize.ts";
import { softmax } from "../../src/engine/ops/reduce.ts";
import { apply, input, type Op, type Tensor } from "../../src/engine/tensor.ts";
import { type NdArray, ndArray } from "../../src/util/nd-array.ts";
import { erf } from "./elementwise.ts";
import { interpret } from "./interpreter.ts";
import { valuesOf } from "./values.ts";

const x = input("x", "f32", [3]);

const run = (y: Tensor, arrays: Readonly<Record<string, NdArray>>): readonly number[] => {
  const feeds = new Map(Object.entries(arrays).map(([name, array]) => [name, valuesOf(array)]));
  return [...(interpret(buildGraph({ y }), feeds).get("y")?.data ?? [])];
};

function assertDigits(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries()) {
    const wanted = expected[i] ?? Number.NaN;
    assert.ok(Math.abs(value - wanted) <= 1e-15 * Math.abs(wanted), `${value} and ${wanted}`);
  }
}

describe("erf()", () => {
  test("has the digits of the tables", () => {
    const at = [1e-10, 0.5, 1, 2, 3, 5, 7];
    const tables = [
      1.1283791670955126e-10, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527,
      0.9999779095030014, 0.9999999999984626, 1,
    ];
    assertDigits(at.map(erf), tables);
    assertDigits(
      at.map((value) => erf(-value)),
      tables.map((value) => -value),
    );
    assert.equal(erf(0), 0);
  });
});

describe("interpret()", () => {
  test("computes in double precision, from doubles that no f32 holds", () => {
    const third = { shape: [3], data: Float64Array.of(1 / 3, -1, 0) };
    const results = interpret(buildGraph({ y: gelu(x) }), new Map([["x", third]]));
    const expected = [0.2101862199394121, -0.15865525393145707, 0]; // x·Φ(x)
    assertDigits([...(results.get("y")?.data ?? [])], expected);
  });

  test("agrees with what is worked out by hand", () => {
    const [scale, bias] = [input("scale", "f32", [3]), input("bias", "f32", [3])];
    const arrays = {
      x: ndArray("f32", [3], [1, 2, 6]), // mean 3, variance 14/3
      scale: ndArray("f32", [3], [1, 1, 2]),
      bias: ndArray("f32", [3], [0, 10, 0]),
    };
    const deviation = Math.sqrt(14 / 3 + 0.25);
    assertDigits(run(layerNormalization(x, scale, bias, { epsilon: 0.25 }), arrays), [
      -2 / deviation,
      10 - 1 / deviation,
      6 / deviation,
    ]);
    const total = Math.exp(-5) + Math.exp(-4) + 1;
    assertDigits(run(softmax(x), arrays), [Math.exp(-5) / total, Math.exp(-4) / total, 1 / total]);
    assert.deepEqual(run(reverse(x, [0]), arrays), [6, 2, 1]);
    const rows = input("rows", "i64", [2]);
    const at = ndArray("i64", [2], [2, -3]);
    assert.deepEqual(run(gatherRows(x, rows), { ...arrays, rows: at }), [6, 1]);
  });

  test("says which input is missing, and which operator has no kernel", () => {
    type Unary = readonly [Tensor];
    const same = ([each]: Unary): readonly [Tensor] => [each];
    const Novel: Op<Unary, Record<never, never>, Unary> = { type: "Novel", infer: same };
    const value = ndArray("f32", [3], [1, 2, 3]);
    assert.throws(() => run(gelu(x), {}), /Cannot interpret a graph: input "x" is missing/);
    assert.throws(
      () => run(apply(Novel, [x], {}), { x: value }),
      /Cannot interpret Novel: add a kernel under test\/reference/,
    );
  });

  test("notices a shape rule that is wrong", () => {
    type Unary = readonly [Tensor];
    const Wrong: Op<Unary, Record<never, never>, Unary> = {
      type: "Neg",
      infer: () => [{ dtype: "f32", shape: [4] }],
    };
    const value = ndArray("f32", [3], [1, 2, 3]);
    assert.throws(
      () => run(apply(Wrong, [x], {}), { x: value }),
      /Cannot interpret Neg: output 0 is \[3\], the engine inferred f32\[4\]/,
    );
  });
});
