import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPass } from "../../../test/check-pass.ts";
import { buildGraph } from "../graph.ts";
import { add, greater, mul, where } from "../ops/elementwise.ts";
import { expand } from "../ops/layout.ts";
import { matmul } from "../ops/matmul.ts";
import { printGraph } from "../print.ts";
import { input, type Tensor } from "../tensor.ts";
import { dropExpands } from "./drop-expands.ts";

const x = input("x", "f32", [2, 3]);
const row = input("row", "f32", [3]);
const one = input("one", "f32", [1, 1]);

const after = (y: Tensor): readonly string[] =>
  printGraph(dropExpands(buildGraph({ y })))
    .trimEnd()
    .split("\n");

describe("dropExpands()", () => {
  test("lets an element-wise operator broadcast by itself", () => {
    assert.deepEqual(after(mul(expand(row, [2, 3]), x)), [
      "input row:f32[3]",
      "input x:f32[2,3]",
      "%0:f32[2,3] = Mul row x",
      "output y = %0",
    ]);
  });

  test("keeps one Expand where no operand would have the full shape, the first", () => {
    assert.deepEqual(after(add(expand(row, [2, 3]), expand(one, [2, 3]))), [
      "input row:f32[3]",
      "%0:f32[2,3] = Expand shape=[2,3] row",
      "input one:f32[1,1]",
      "%1:f32[2,3] = Add %0 one",
      "output y = %1",
    ]);
  });

  test("drops the Expand of a condition and of a value", () => {
    const condition = expand(greater(row, one), [2, 3]); // one is [1,1]: the comparison is [1,3]
    assert.deepEqual(after(where(condition, x, expand(one, [2, 3]))), [
      "input row:f32[3]",
      "input one:f32[1,1]",
      "%0:bool[1,3] = Greater row one",
      "input x:f32[2,3]",
      "%1:f32[2,3] = Where %0 x one",
      "output y = %1",
    ]);
  });

  test("keeps an Expand that something else reads, and one before another operator", () => {
    const wide = expand(row, [2, 3]);
    const column = input("column", "f32", [3, 1]);
    const graph = buildGraph({ y: mul(wide, x), z: matmul(wide, column) });
    const printed = printGraph(dropExpands(graph));
    assert.match(printed, /= Mul row x$/m);
    assert.match(printed, /^(%\d):f32\[2,3\] = Expand .*\n(.*\n)*.* = MatMul \1 column$/m);
  });

  test("keeps the value of random graphs", () => {
    checkPass(dropExpands);
  });
});
