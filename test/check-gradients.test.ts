import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exp, greater, mul, stopGradient, where } from "../src/engine/ops/elementwise.ts";
import { gatherRows } from "../src/engine/ops/gather.ts";
import { apply, type Op, scalar, type Tensor } from "../src/engine/tensor.ts";
import { ndArray } from "../src/util/nd-array.ts";
import { checkGradients } from "./check-gradients.ts";

const x = ndArray("f32", [2, 2], [0.5, -1, 2, 0.25]);
const y = ndArray("f32", [2], [3, -0.5]);

type Unary = readonly [Tensor];
/** eˣ, which claims to be its own argument's gradient. */
const WrongExp: Op<Unary, Record<never, never>, Unary> = {
  type: "Exp",
  infer: ([input]) => [{ dtype: input.dtype, shape: input.shape }],
  vjp: ([g]) => [g],
};

describe("checkGradients()", () => {
  test("accepts right gradients, of several inputs and outputs", () => {
    checkGradients(({ a, b }) => [mul(a, b), exp(a)], { a: x, b: y });
  });

  test("varies floating inputs only", () => {
    const rows = ndArray("i64", [3], [1, 0, 1]);
    checkGradients(({ table, rows: at }) => gatherRows(table, at), { table: x, rows });
  });

  test("shows the analytic and the numeric number of a wrong gradient, and the seed", () => {
    const wrong = (): void => checkGradients(({ a }) => apply(WrongExp, [a], {}), { a: x });
    assert.throws(
      wrong,
      /^AssertionError.*: gradient of a \(seed 0\): 4 of 4 elements differ by more/,
    );
    assert.throws(wrong, /at \[1,0\]: analytic -?\d\.\d+, numeric -?\d+\.\d+, difference \d/);
  });

  test("notices a gradient that is missing", () => {
    assert.throws(
      () => checkGradients(({ a }) => stopGradient(a), { a: x }),
      /gradient of a .*\n {2}at \[\d,\d\]: analytic 0, numeric -?\d/,
    );
  });

  test("accepts no gradient where the value does not depend on the input", () => {
    const zero = scalar(0);
    checkGradients(({ a, b }) => where(greater(a, zero), b, zero), { a: x, b: y });
  });

  test("varies as many elements as are asked for", () => {
    const large = ndArray(
      "f32",
      [50],
      Array.from({ length: 50 }, (_, i) => i / 25 - 1),
    );
    const wrong = (): void =>
      checkGradients(({ a }) => apply(WrongExp, [a], {}), { a: large }, { elements: 3, seed: 7 });
    assert.throws(wrong, /gradient of a \(seed 7\): 3 of 50 elements differ/);
  });
});
