import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../../util/errors.ts";
import { buildGraph } from "../graph.ts";
import { input } from "../tensor.ts";
import { reduceLogSumExp, reduceMax, reduceMean, reduceSum } from "./reduce.ts";

const x = input("x", "f32", [2, 3, 4]);

describe("reductions", () => {
  test("drop the reduced axes or keep them", () => {
    assert.deepEqual(reduceSum(x).shape, []);
    assert.deepEqual(reduceMean(x, { axes: [0, -1] }).shape, [3]);
    assert.deepEqual(reduceMax(x, { axes: [1], keepDims: true }).shape, [2, 1, 4]);
  });

  test("go axis by axis, the last first, in whatever order axes are named", () => {
    for (const axes of [
      [0, 2],
      [2, 0],
      [-1, -3],
    ]) {
      const { nodes } = buildGraph({ y: reduceSum(x, { axes }) });
      assert.deepEqual(
        nodes.map(({ outputs }) => outputs[0]?.shape),
        [[2, 3, 4], [2, 3], [3]],
      );
    }
  });

  test("are the tensor itself over no axis", () => {
    assert.equal(reduceSum(x, { axes: [] }), x);
    assert.equal(reduceLogSumExp(input("s", "f32", [])).node.op.type, "Input");
  });

  test("refuse axes that are not there or repeat", () => {
    const absent = new ShapeError("Cannot use axis 3: the tensor has 3 axes");
    assert.throws(() => reduceSum(x, { axes: [3] }), absent);
    const repeated = new ShapeError("Cannot reduce f32[2,3,4] over [0,-3]: an axis repeats");
    assert.throws(() => reduceMean(x, { axes: [0, -3] }), repeated);
  });
});
