import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../../../test/reference/interpreter.ts";
import { valuesOf } from "../../../test/reference/values.ts";
import { ShapeError } from "../../util/errors.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { gradients } from "../grad.ts";
import { buildGraph } from "../graph.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import {
  add,
  cast,
  div,
  equal,
  greater,
  isScalar,
  leakyRelu,
  logSigmoid,
  mul,
  stopGradient,
  sub,
  where,
} from "./elementwise.ts";
import { reduceSum } from "./reduce.ts";

/** The gradient of the sum of a function's elements, in float64. */
function gradientAt(f: (t: Tensor) => Tensor, values: NdArray): readonly number[] {
  const t = input("t", "f32", values.shape);
  const [gradient] = gradients(reduceSum(f(t)), [t]);
  const graph = buildGraph({ gradient: gradient ?? t });
  const found = interpret(graph, new Map([["t", valuesOf(values)]]));
  return [...(found.get("gradient")?.data ?? [])];
}

const x = input("x", "f32", [2, 3]);
const y = input("y", "f32", [2]);
const ids = input("ids", "i64", [2, 3]);

describe("element-wise operators of two tensors", () => {
  test("say what does not fit, and why", () => {
    const cases = [
      [() => add(x, y), "Cannot add f32[2,3] and f32[2]: the shapes do not broadcast"],
      [() => sub(y, x), "Cannot subtract f32[2] and f32[2,3]: the shapes do not broadcast"],
      [() => mul(x, ids), "Cannot multiply f32[2,3] and i64[2,3]: the element types differ"],
      [() => div(x, y), "Cannot divide f32[2,3] and f32[2]: the shapes do not broadcast"],
      [() => greater(x, ids), "Cannot compare f32[2,3] and i64[2,3]: the element types differ"],
      [() => equal(x, y), "Cannot compare f32[2,3] and f32[2]: the shapes do not broadcast"],
    ] as const;
    for (const [build, message] of cases) assert.throws(build, new ShapeError(message));
  });
});

describe("where()", () => {
  test("demands a bool condition that broadcasts, and values of one type", () => {
    const condition = input("condition", "bool", [4]);
    assert.throws(
      () => where(x, x, x),
      new ShapeError(
        "Cannot choose by f32[2,3] between values of shape [2,3]: the condition must be bool and broadcast with them",
      ),
    );
    assert.throws(() => where(condition, x, x), /^ShapeError: Cannot choose by bool\[4\] between/);
    assert.throws(
      () => where(condition, x, y),
      new ShapeError("Cannot choose between f32[2,3] and f32[2]: the shapes do not broadcast"),
    );
  });
});

describe("cast()", () => {
  test("is the tensor itself for its own type", () => {
    assert.equal(cast(x, "f32"), x);
    assert.deepEqual(cast(x, "i64").dtype, "i64");
  });
});

describe("leakyRelu()", () => {
  test("has the slope for its gradient at 0 and below, and 1 above", () => {
    const values = ndArray("f32", [5], [-3, -0, 0, 1e-30, 2]);
    assert.deepEqual(
      gradientAt((t) => leakyRelu(t, { slope: 0.25 }), values),
      [0.25, 0.25, 0.25, 1, 1],
    );
  });
});

describe("logSigmoid()", () => {
  const far = ndArray("f32", [5], [-1e4, -200, 0, 200, 1e4]);

  test("neither overflows nor loses a small probability, far out", () => {
    const y = logSigmoid(constant(far));
    const found = interpret(buildGraph({ y }), new Map()).get("y")?.data ?? [];
    assert.deepEqual([...found], [-1e4, -200, -Math.LN2, -Math.exp(-200), -0]);
  });

  test("has the gradient σ(−x), far out too", () => {
    const gradient = gradientAt(logSigmoid, far);
    assert.deepEqual(gradient, [1, 1, 0.5, 1 / (1 + Math.exp(200)), 0]);
  });
});

describe("stopGradient()", () => {
  test("keeps the type", () => {
    const { dtype, shape } = stopGradient(ids);
    assert.deepEqual({ dtype, shape }, { dtype: "i64", shape: [2, 3] });
  });
});

describe("isScalar()", () => {
  test("counts elements, not axes", () => {
    assert.ok(isScalar(ndArray("f32", [1, 1], [2])));
    assert.ok(!isScalar(ndArray("f32", [2], [1, 2])));
    assert.ok(constant(ndArray("f32", [], [1])).shape.length === 0);
  });
});
