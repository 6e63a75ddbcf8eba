import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPass } from "../../../test/check-pass.ts";
import { ndArray } from "../../util/nd-array.ts";
import { buildGraph } from "../graph.ts";
import { add, div, exp, mul, sub } from "../ops/elementwise.ts";
import { reshape } from "../ops/layout.ts";
import { printGraph } from "../print.ts";
import { constant, constantValue, input, scalar, type Tensor } from "../tensor.ts";
import { foldConstants } from "./fold-constants.ts";

const x = input("x", "f32", [2, 3]);

const fold = (y: Tensor): Tensor => foldConstants(buildGraph({ y })).outputs.get("y") ?? y;
const folded = (y: Tensor): readonly (number | bigint)[] => [
  ...(constantValue(fold(y))?.data ?? []),
];

describe("foldConstants()", () => {
  test("computes with constants of one element", () => {
    const three = scalar(3);
    const half = scalar(0.5);
    assert.deepEqual(folded(add(three, half)), [3.5]);
    assert.deepEqual(folded(sub(three, half)), [2.5]);
    assert.deepEqual(folded(mul(mul(three, three), half)), [4.5]);
    assert.deepEqual(folded(div(three, scalar(4))), [0.75]);
  });

  test("rounds to the element type", () => {
    assert.deepEqual(folded(add(scalar(0.1), scalar(0.2))), [
      Math.fround(Math.fround(0.1) + Math.fround(0.2)),
    ]);
  });

  test("keeps the shape", () => {
    const y = fold(add(reshape(scalar(1), [1, 1]), scalar(2)));
    assert.deepEqual(constantValue(y), ndArray("f32", [1, 1], [3]));
  });

  test("drops neutral elements on the sides where they are neutral", () => {
    const [zero, one] = [scalar(0), scalar(1)];
    for (const same of [
      add(x, zero),
      add(zero, x),
      sub(x, zero),
      mul(x, one),
      mul(one, x),
      div(x, one),
    ]) {
      assert.equal(fold(same), x);
    }
    for (const other of [sub(zero, x), div(one, x), mul(x, zero), add(x, one)]) {
      assert.equal(fold(other), other);
    }
  });

  test("keeps a neutral element that changes the shape", () => {
    const single = input("single", "f32", [3]);
    const wide = constant(ndArray("f32", [1, 1], [0]));
    const y = add(single, wide); // [1, 3]
    assert.equal(fold(y), y);
  });

  test("goes through chains, in one walk", () => {
    const y = mul(exp(add(x, sub(scalar(2), scalar(2)))), div(scalar(2), scalar(2)));
    assert.equal(
      printGraph(foldConstants(buildGraph({ y }))),
      "input x:f32[2,3]\n%0:f32[2,3] = Exp x\noutput y = %0\n",
    );
  });

  test("leaves whole numbers and larger constants alone", () => {
    const whole = (value: number): Tensor => constant(ndArray("i64", [], [value]));
    const quotient = div(whole(3), whole(2));
    const sum = add(constant(ndArray("f32", [2], [1, 2])), scalar(1));
    assert.equal(fold(quotient), quotient);
    assert.equal(fold(sum), sum);
  });

  test("keeps the value of random graphs", () => {
    checkPass(foldConstants);
  });
});
