import assert from "node:assert/strict";
import { test } from "node:test";
import { csvLine } from "./csv-line.ts";

test("csvLine() quotes what would end a cell, and nothing else", () => {
  assert.equal(csvLine(["a b", 3, "-1"]), "a b,3,-1\n");
  assert.equal(csvLine(['say "x"', "a,b", "c\nd"]), '"say ""x""","a,b","c\nd"\n');
});
