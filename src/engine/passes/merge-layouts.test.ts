import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPass } from "../../../test/check-pass.ts";
import { buildGraph } from "../graph.ts";
import { neg } from "../ops/elementwise.ts";
import { reshape, transpose } from "../ops/layout.ts";
import { printGraph } from "../print.ts";
import { input, type Tensor } from "../tensor.ts";
import { mergeLayouts } from "./merge-layouts.ts";

const x = input("x", "f32", [2, 3, 4]);

const after = (y: Tensor): readonly string[] =>
  printGraph(mergeLayouts(buildGraph({ y })))
    .trimEnd()
    .split("\n")
    .slice(1);

describe("mergeLayouts()", () => {
  test("makes one Reshape of a chain, and none where the shape comes back", () => {
    assert.deepEqual(after(reshape(reshape(reshape(x, [24]), [4, 6]), [6, 4])), [
      "%0:f32[6,4] = Reshape shape=[6,4] x",
      "output y = %0",
    ]);
    assert.deepEqual(after(reshape(reshape(x, [24]), [2, 3, 4])), ["output y = x"]);
  });

  test("makes one Transpose of two, and none where the order comes back", () => {
    // Axis i of the result is axis p[q[i]] of the input: [1,2,0] behind [1,0,2] is [0,2,1].
    assert.deepEqual(after(transpose(transpose(x, [1, 0, 2]), [1, 2, 0])), [
      "%0:f32[2,4,3] = Transpose perm=[0,2,1] x",
      "output y = %0",
    ]);
    assert.deepEqual(after(transpose(transpose(x, [1, 2, 0]), [2, 0, 1])), ["output y = x"]);
  });

  test("keeps the inner one where something else reads it", () => {
    const inner = transpose(x, [1, 0, 2]);
    const graph = buildGraph({ y: transpose(inner, [1, 0, 2]), z: neg(inner) });
    assert.deepEqual(
      mergeLayouts(graph).nodes.map(({ op }) => op.type),
      ["Input", "Transpose", "Neg"],
    );
  });

  test("does not merge a Reshape with a Transpose", () => {
    assert.equal(after(reshape(transpose(x, [1, 0, 2]), [24])).length, 3);
  });

  test("keeps the value of random graphs", () => {
    checkPass(mergeLayouts);
  });
});
