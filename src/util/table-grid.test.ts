import assert from "node:assert/strict";
import { test } from "node:test";
import { tableGrid } from "./table-grid.ts";

test("tableGrid() is the side of a square of patches, and nothing where there is none", () => {
  assert.equal(tableGrid([1, 197, 768]), 14);
  assert.equal(tableGrid([1, 2, 8]), 1);
  for (const shape of [[], [1, 197], [2, 197, 768], [1, 196, 768], [1, 1, 768], [1, 0, 768]]) {
    assert.equal(tableGrid(shape), undefined, `[${shape}]`);
  }
});
