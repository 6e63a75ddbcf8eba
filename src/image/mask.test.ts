import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Corners, emptyMask, maskArea, maskOfBoxes } from "./mask.ts";

const SIZE = { width: 5, height: 4 };

describe("maskOfBoxes()", () => {
  test("fills from the first corner to before the second, truncated to pixels", () => {
    const { data } = maskOfBoxes([[1.9, 0.2, 3.7, 2.99]], SIZE);
    assert.deepEqual(
      Array.from(data),
      [
        [0, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ].flat(),
    );
  });

  test("marks a pixel exactly when some box holds it, inside the picture or beyond", () => {
    const corner = fc.integer({ min: -3, max: 8 });
    const boxes: fc.Arbitrary<Corners[]> = fc.array(fc.tuple(corner, corner, corner, corner), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(boxes, (list) => {
        const { data } = maskOfBoxes(list, SIZE);
        for (const [i, pixel] of data.entries()) {
          const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
          const held = list.some(([x1, y1, x2, y2]) => x >= x1 && x < x2 && y >= y1 && y < y2);
          assert.equal(pixel, Number(held));
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("refuses corners that are no numbers and pictures of no size", () => {
    assert.throws(() => maskOfBoxes([[0, 0, Number.NaN, 1]], SIZE), /box \[0, 0, NaN, 1\]/);
    assert.throws(() => emptyMask({ width: 0, height: 4 }), /size is 0 x 4$/);
  });
});

test("maskArea() counts pixels, those of overlaps once", () => {
  const boxes: Corners[] = [
    [0, 0, 2, 2],
    [1, 1, 3, 3],
  ];
  assert.equal(maskArea(maskOfBoxes(boxes, SIZE)), 7);
  assert.equal(maskArea(emptyMask(SIZE)), 0);
});
