import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPass } from "../../../test/check-pass.ts";
import { ndArray, type Shape } from "../../util/nd-array.ts";
import { buildGraph } from "../graph.ts";
import { add, exp, mul, neg, sub } from "../ops/elementwise.ts";
import { gatherRows } from "../ops/gather.ts";
import { split, transpose } from "../ops/layout.ts";
import { fusedMatmul } from "../ops/matmul.ts";
import { printGraph } from "../print.ts";
import { constant, input, scalar, type Tensor } from "../tensor.ts";
import { mergeCommon } from "./merge-common.ts";

const x = input("x", "f32", [2, 2]);
const y = input("y", "f32", [2, 2]);

/** Are two tensors one after the pass? */
function merged(a: Tensor, b: Tensor): boolean {
  const { outputs } = mergeCommon(buildGraph({ a, b }));
  return outputs.get("a") === outputs.get("b");
}

const floats = (shape: Shape, ...values: number[]): Tensor =>
  constant(ndArray("f32", shape, values));

describe("mergeCommon()", () => {
  test("computes equal expressions once, through chains", () => {
    const graph = buildGraph({ z: mul(exp(add(x, scalar(1))), neg(exp(add(x, scalar(1))))) });
    assert.equal(
      printGraph(mergeCommon(graph)),
      [
        "input x:f32[2,2]",
        "%0:f32[2,2] = Add x [1]",
        "%1:f32[2,2] = Exp %0",
        "%2:f32[2,2] = Neg %1",
        "%3:f32[2,2] = Mul %1 %2",
        "output z = %3",
        "",
      ].join("\n"),
    );
  });

  test("keeps apart what differs in operator, inputs, their order or attributes", () => {
    assert.ok(!merged(add(x, y), sub(x, y)));
    assert.ok(!merged(sub(x, y), sub(y, x)));
    assert.ok(!merged(add(x, y), add(x, x)));
    assert.ok(!merged(transpose(x, [0, 1]), transpose(x, [1, 0])));
    assert.ok(merged(transpose(x, [1, 0]), transpose(x, [1, 0])));
  });

  test("tells an absent attribute from a present one", () => {
    const ids = input("ids", "i64", [3]);
    assert.ok(merged(gatherRows(x, ids), gatherRows(x, ids)));
    assert.ok(!merged(gatherRows(x, ids), gatherRows(x, ids, { paddingIndex: 0 })));
  });

  test("tells numbers apart that JSON does not", () => {
    const scaled = (alpha: number): Tensor => fusedMatmul(x, y, { transA: 0, transB: 0, alpha });
    const { POSITIVE_INFINITY: positive, NEGATIVE_INFINITY: negative, NaN: none } = Number;
    for (const [a = 0, b = 0] of [
      [positive, negative],
      [positive, none],
      [0, -0],
    ]) {
      assert.ok(!merged(scaled(a), scaled(b)), `${a} and ${b}`);
      assert.ok(!merged(scalar(a), scalar(b)), `${a} and ${b}`);
      assert.ok(merged(scaled(a), scaled(a)), `${a}`);
    }
  });

  test("merges small constants by value, shape and type, large ones by identity", () => {
    assert.ok(merged(scalar(2), scalar(2)));
    assert.ok(!merged(scalar(2), floats([1], 2)));
    assert.ok(!merged(scalar(1), constant(ndArray("f64", [], [1]))));
    const large = (): Tensor =>
      constant(
        ndArray(
          "f32",
          [65],
          Array.from({ length: 65 }, () => 1),
        ),
      );
    assert.ok(!merged(large(), large()));
  });

  test("merges every output of a node", () => {
    const [first = x, second = x] = split(x, [1, 1], 0);
    const [third = x, fourth = x] = split(x, [1, 1], 0);
    assert.ok(merged(first, third));
    assert.ok(merged(second, fourth));
    assert.ok(!merged(first, fourth));
  });

  test("never merges inputs", () => {
    assert.ok(!merged(x, y));
  });

  test("keeps the value of random graphs", () => {
    checkPass(mergeCommon);
  });
});
