import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../../util/errors.ts";
import { ndArray } from "../../util/nd-array.ts";
import { constant, input } from "../tensor.ts";
import {
  add,
  cast,
  div,
  equal,
  greater,
  isScalar,
  mul,
  stopGradient,
  sub,
  where,
} from "./elementwise.ts";

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
