import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byCodePoint, WordCounter } from "./word-counter.ts";

test("WordCounter counts normalised words over texts", () => {
  const counter = new WordCounter();
  counter.add("No mass, no 2.5cm Ödem");
  counter.add("[CLS] no [MASK]");
  counter.add(" \n");
  assert.deepEqual(
    [...counter.counts],
    [
      ["no", 3],
      ["mass", 1],
      [",", 1],
      ["2", 1],
      [".", 1],
      ["5", 1],
      ["cm", 1],
      ["odem", 1],
    ],
  );
  assert.deepEqual([counter.total, counter.overlong], [10, 0]);
});

test("WordCounter leaves out words over 100 code points", () => {
  const counter = new WordCounter();
  const [longest, longer] = ["\u{10330}".repeat(100), "x".repeat(101)];
  counter.add(`${longest} ${longer} ${longer}`);
  assert.deepEqual([...counter.counts], [[longest, 1]]);
  assert.deepEqual([counter.total, counter.overlong], [1, 2]);
});

test("byCodePoint() orders as the code points do, a prefix first", () => {
  const points = (text: string): number[] => Array.from(text, (c) => c.codePointAt(0) ?? 0);
  const unit = fc.constantFrom("a", "b", "\ud800", "\uffff", "\u{10000}");
  fc.assert(
    fc.property(fc.string({ unit }), fc.string({ unit }), (a, b) => {
      const [left, right] = [points(a), points(b)];
      const at = left.findIndex((point, i) => point !== right[i]);
      const expected = at === -1 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
      assert.equal(Math.sign(byCodePoint(a, b)), Math.sign(expected));
    }),
    { seed: 15, numRuns: 200 },
  );
});
