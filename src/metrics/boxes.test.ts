import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { boxArea, boxOverlap } from "./boxes.ts";

const box = fc
  .tuple(fc.nat(9), fc.nat(9), fc.nat(6), fc.nat(6))
  .map(([x, y, width, height]) => [x, y, x + width, y + height]);

/** Pixels of a box: those between its corners, or with the last ones. */
function pixels([x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[], extent: number): Set<string> {
  const found = new Set<string>();
  for (let y = y1; y < y2 + extent; y++) {
    for (let x = x1; x < x2 + extent; x++) found.add(`${x},${y}`);
  }
  return found;
}

describe("boxOverlap()", () => {
  test("of whole pixels is what counting them gives, by either convention", () => {
    fc.assert(
      fc.property(box, box, fc.constantFrom<0 | 1>(0, 1), (a, b, extent) => {
        const [ours, theirs] = [pixels(a, extent), pixels(b, extent)];
        const both = [...ours].filter((pixel) => theirs.has(pixel)).length;
        const either = ours.size + theirs.size - both;
        const expected = either === 0 ? 0 : both / either;
        assert.equal(boxOverlap([[9, 9, 9, 9, ...a], 1], [b, 0], extent), expected);
      }),
      { numRuns: 300, seed: 16 },
    );
  });
});

test("boxArea() is that of the box of this number", () => {
  assert.equal(boxArea([0, 0, 1, 1, 2, 3, 4.5, 7], 1), 10);
});
