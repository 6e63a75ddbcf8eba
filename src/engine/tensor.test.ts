import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../util/errors.ts";
import { ndArray } from "../util/nd-array.ts";
import { neg } from "./ops/elementwise.ts";
import {
  constant,
  constantValue,
  defineSingle,
  input,
  inputName,
  registeredOps,
  requireRank,
  scalar,
} from "./tensor.ts";

describe("defineOp()", () => {
  test("refuses an operator that is defined already", () => {
    assert.ok(registeredOps().has(":Add"));
    assert.throws(
      () => defineSingle({ type: "Add", infer: () => ({ dtype: "f32", shape: [] }) }),
      new RangeError("Cannot define operator :Add: it is defined already"),
    );
  });
});

describe("leaves", () => {
  test("are recognised by what they are", () => {
    const x = input("x", "i64", [2]);
    const two = scalar(2);
    assert.equal(inputName(x), "x");
    assert.equal(inputName(two), undefined);
    assert.equal(constantValue(x), undefined);
    assert.equal(constantValue(two)?.data[0], 2);
    assert.equal(constantValue(neg(two)), undefined);
  });

  test("have the type of their value", () => {
    const { dtype, shape } = constant(ndArray("bool", [1, 2], [1, 0]));
    assert.deepEqual({ dtype, shape }, { dtype: "bool", shape: [1, 2] });
  });
});

describe("requireRank()", () => {
  test("says what was attempted", () => {
    const x = input("x", "f32", [2, 3]);
    requireRank(x, 2, "transpose");
    assert.throws(
      () => requireRank(x, 3, "transpose"),
      new ShapeError("Cannot transpose f32[2,3]: 3 axes expected, found 2"),
    );
  });
});
