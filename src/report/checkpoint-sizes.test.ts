import assert from "node:assert/strict";
import { test } from "node:test";
import { checkpointSizes } from "./checkpoint-sizes.ts";

test("checkpointSizes() tells three numbers of four bytes for each trained one, by size", () => {
  const sizes = checkpointSizes();
  assert.deepEqual(Object.keys(sizes), ["base", "small", "tiny", "demo"]);
  // The paper's size has 183,425,240 numbers; the word head's table, 768 × 30,000, is shared here, and two tables are fixed.
  const tables = 197 * 768 + 197 * 512;
  const trained = 183_425_240 - 768 * 30_000 - tables;
  assert.equal(sizes["base"], 12 * trained + 4 * tables);
  assert.ok(Object.values(sizes).every((bytes, i, all) => i === 0 || bytes < (all[i - 1] ?? 0)));
});
