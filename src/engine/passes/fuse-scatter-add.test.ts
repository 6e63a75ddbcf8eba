import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPass } from "../../../test/check-pass.ts";
import { buildGraph } from "../graph.ts";
import { add, neg } from "../ops/elementwise.ts";
import { scatterAddInRows, scatterAddRows } from "../ops/gather.ts";
import { zerosOf } from "../ops/layout.ts";
import { printGraph } from "../print.ts";
import { input, type Tensor } from "../tensor.ts";
import { fuseScatterAdd } from "./fuse-scatter-add.ts";

const base = input("base", "f32", [4, 2]);
const rows = input("rows", "i64", [3, 1]);
const updates = input("updates", "f32", [3, 2]);
const intoZeros = scatterAddRows(zerosOf([4, 2]), rows, updates);

/** The operators behind the pass, without leaves and the expands of zeros and row numbers. */
const operators = (outputs: Readonly<Record<string, Tensor>>): readonly string[] =>
  fuseScatterAdd(buildGraph(outputs))
    .nodes.map(({ op }) => op.type)
    .filter((type) => !["Input", "Constant", "Expand"].includes(type));

describe("fuseScatterAdd()", () => {
  test("scatters into the other summand, on either side", () => {
    for (const y of [add(base, intoZeros), add(intoZeros, base)]) {
      assert.equal(
        printGraph(fuseScatterAdd(buildGraph({ y }))),
        [
          "input base:f32[4,2]",
          "input rows:i64[3,1]",
          "%0:i64[3,2] = Expand shape=[3,2] rows",
          "input updates:f32[3,2]",
          "%1:f32[4,2] = ScatterElements axis=0 reduction=add base %0 updates",
          "output y = %1",
          "",
        ].join("\n"),
      );
    }
  });

  test("scatters into the rows of a matrix likewise", () => {
    const columns = input("columns", "i64", [4, 3]);
    const added = input("added", "f32", [4, 3]);
    assert.deepEqual(
      operators({ y: add(base, scatterAddInRows(zerosOf([4, 2]), columns, added)) }),
      ["ScatterElements"],
    );
  });

  test("chains several scatters", () => {
    const again = scatterAddRows(zerosOf([4, 2]), rows, neg(updates));
    assert.deepEqual(operators({ y: add(add(base, intoZeros), again) }), [
      "ScatterElements",
      "Neg",
      "ScatterElements",
    ]);
  });

  test("keeps a scatter that something else reads", () => {
    const kept = ["ScatterElements", "Add"];
    assert.deepEqual(operators({ y: add(base, intoZeros), intoZeros }), kept);
    assert.deepEqual(operators({ y: add(intoZeros, intoZeros) }), kept);
  });

  test("keeps a scatter into something else than zeros, and a sum that is larger than the scatter", () => {
    const intoBase = scatterAddRows(base, rows, updates);
    assert.deepEqual(operators({ y: add(neg(base), intoBase) }), ["Neg", "ScatterElements", "Add"]);
    const batch = input("batch", "f32", [3, 4, 2]);
    assert.deepEqual(operators({ y: add(batch, intoZeros) }).at(-1), "Add");
  });

  test("keeps the value of random graphs", () => {
    checkPass(fuseScatterAdd);
  });
});
