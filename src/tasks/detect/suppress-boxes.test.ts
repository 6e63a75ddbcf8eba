import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { suppressBoxes } from "./suppress-boxes.ts";

/** Centre, size, objectness and the probabilities of two classes. */
type Row = readonly [x: number, y: number, w: number, h: number, o: number, a: number, b: number];

const suppress = (rows: readonly Row[], options = {}) =>
  suppressBoxes(Float64Array.from(rows.flat()), 7, options);

describe("suppressBoxes()", () => {
  test("keeps the surest of boxes that cover each other, class by class", () => {
    const { boxes, scores, labels, probabilities } = suppress([
      [20, 20, 10, 10, 0.6, 0.9, 0.1],
      [21, 20, 10, 10, 0.8, 0.7, 0.1],
      [20, 21, 10, 10, 0.7, 0.2, 0.6],
      [60, 20, 10, 10, 0.9, 0.4, 0.1],
      [60, 60, 10, 10, 0.4999, 1, 0],
    ]);
    assert.deepEqual(Array.from(scores), [0.9, 0.8, 0.7]);
    assert.deepEqual(Array.from(labels), [0, 0, 1]);
    assert.deepEqual(Array.from(probabilities), [0.4, 0.7, 0.6]);
    assert.deepEqual(Array.from(boxes.subarray(4, 8)), [16, 15, 26, 25]);
  });

  test("adds a pixel to every side: two of 9 that share 4 count as 10 that share 5", () => {
    const pair = (gap: number): number =>
      suppress([
        [20, 20, 9, 9, 0.9, 1, 0],
        [20 + gap, 20, 9, 9, 0.8, 1, 0],
      ]).scores.length;
    // Overlap of (10 - gap) / (10 + gap): equal to the threshold at 10 / 3.
    assert.equal(pair(3.33), 1);
    assert.equal(pair(3.34), 2);
  });

  test("an objectness, or an overlap, equal to its threshold is enough", () => {
    const halves: Row[] = [
      [9.5, 9.5, 19, 19, 0.5, 1, 0], // [0, 19] twice: 20 x 20 pixels
      [9.5, 4.5, 19, 9, 0.5, 1, 0], // its upper half
    ];
    assert.equal(suppress(halves).scores.length, 1);
    assert.equal(suppress(halves, { maxOverlap: 0.51 }).scores.length, 2);
    assert.equal(suppress(halves, { minObjectness: 0.51 }).scores.length, 0);
  });

  test("equal objectness leaves the first", () => {
    const { boxes } = suppress([
      [20, 20, 10, 10, 0.7, 1, 0],
      [22, 20, 10, 10, 0.7, 1, 0],
    ]);
    assert.deepEqual(Array.from(boxes), [15, 15, 25, 25]);
  });

  test("what stays does not cover itself, and every box that goes is covered by a surer one", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const rows: fc.Arbitrary<Row[]> = fc.array(
      fc
        .tuple(unit, unit, unit, unit, unit)
        .map(([x, y, w, h, o]): Row => [20 * x, 20 * y, 20 * w, 20 * h, o, 1, 0]),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(rows, (list) => {
        const { scores } = suppress(list);
        const kept = list.filter(([, , , , o]) => scores.includes(o));
        const common = (x: number, width: number, u: number, wide: number): number =>
          Math.min(x + width / 2, u + wide / 2) - Math.max(x - width / 2, u - wide / 2) + 1;
        const share = ([x, y, w, h]: Row, [u, v, p, q]: Row): number => {
          const both = Math.max(0, common(x, w, u, p)) * Math.max(0, common(y, h, v, q));
          return both / ((w + 1) * (h + 1) + (p + 1) * (q + 1) - both);
        };
        for (const row of list) {
          const surer = kept.filter((other) => other !== row && other[4] >= row[4]);
          const isCovered = surer.some((other) => share(other, row) >= 0.5);
          assert.equal(kept.includes(row), row[4] >= 0.5 && !isCovered);
        }
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  test("refuses a detector that has diverged", () => {
    assert.throws(() => suppress([[1, 1, 1, 1, Number.NaN, 1, 0]]), /box 0 is NaN/);
  });
});
