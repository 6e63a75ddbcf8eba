import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { diagonalOf, hausdorff95 } from "./surface-distance.ts";

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly predicted: number[];
  readonly truth: number[];
}

const planes: fc.Arbitrary<Plane> = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) => {
    const mask = fc.array(fc.constantFrom(0, 1), {
      minLength: width * height,
      maxLength: width * height,
    });
    return fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      predicted: mask,
      truth: mask,
    });
  });

/** By every pair of pixels of the two outlines. */
function byPairs({ width, height, predicted, truth }: Plane, [dx, dy]: readonly [number, number]) {
  const outline = (mask: readonly number[]): number[][] =>
    mask.flatMap((pixel, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const isBorder =
        x === 0 ||
        x === width - 1 ||
        y === 0 ||
        y === height - 1 ||
        [i - 1, i + 1, i - width, i + width].some((j) => mask[j] === 0);
      return pixel === 1 && isBorder ? [[x, y]] : [];
    });
  const nearest = (from: number[][], to: number[][]): number[] =>
    from.map(([x = 0, y = 0]) =>
      Math.min(...to.map(([u = 0, v = 0]) => Math.hypot(dx * (x - u), dy * (y - v)))),
    );
  const [a, b] = [outline(predicted), outline(truth)];
  if (a.length === 0 && b.length === 0) return 0;
  if (a.length === 0 || b.length === 0) return Math.hypot(dx * (width - 1), dy * (height - 1));
  const sorted = [...nearest(a, b), ...nearest(b, a)].sort((p, q) => p - q);
  const place = 0.95 * (sorted.length - 1);
  const [low = 0, high = low] = sorted.slice(Math.floor(place));
  return low + (high - low) * (place - Math.floor(place));
}

describe("hausdorff95()", () => {
  test("equals the comparison of all pairs of outline pixels", () => {
    const spacings = fc.constantFrom<readonly [number, number]>([1, 1], [0.3, 1.7]);
    fc.assert(
      fc.property(planes, spacings, (plane, spacing) => {
        const { width, height, predicted, truth } = plane;
        const found = hausdorff95(predicted, truth, { width, height, spacing });
        assert.ok(Math.abs(found - byPairs(plane, spacing)) < 1e-12);
        assert.equal(hausdorff95(truth, predicted, { width, height, spacing }), found);
        assert.equal(hausdorff95(truth, truth, { width, height, spacing }), 0);
      }),
      { numRuns: 400, seed: 6 },
    );
  });

  test("is the shift of a single pixel, in the unit of the spacing", () => {
    const at = (i: number): Uint8Array => new Uint8Array(20).fill(1, i, i + 1);
    assert.equal(hausdorff95(at(0), at(13), { width: 5, height: 4 }), Math.sqrt(13));
    const spaced = { width: 5, height: 4, spacing: [0.5, 2] } as const;
    assert.equal(hausdorff95(at(0), at(13), spaced), Math.sqrt(18.25));
  });

  test("of empty masks: 0 of two, the diagonal of one", () => {
    const grid = { width: 4, height: 3, spacing: [1, 2] } as const;
    const none = new Uint8Array(12);
    const one = new Uint8Array(12).fill(1, 5, 6);
    assert.equal(hausdorff95(none, none, grid), 0);
    assert.equal(hausdorff95(one, none, grid), 5);
    assert.equal(hausdorff95(none, one, grid), 5);
    assert.equal(diagonalOf(grid), 5);
  });

  test("refuses masks that do not fit the grid", () => {
    assert.throws(() => hausdorff95([1, 0], [1], { width: 1, height: 1 }), /of 2 pixels: 1 x 1/);
  });
});
