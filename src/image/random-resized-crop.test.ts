import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { drawCropBox, randomResizedCrop } from "./random-resized-crop.ts";
import type { Raster } from "./raster.ts";
import { resample } from "./resample.ts";

const RANGE = { scale: [0.2, 1], ratio: [3 / 4, 4 / 3] } as const;

/** Gives the numbers in order, then fails. */
function draws(...numbers: number[]): () => number {
  let next = 0;
  return () => numbers[next++] ?? assert.fail("one draw too many");
}

test("drawCropBox() draws area, ratio, top, left", () => {
  // Area 0.2 + 0.8/2 of 100 x 100, ratio 1: a square of √6000 = 77.46.
  assert.deepEqual(drawCropBox({ width: 100, height: 100 }, RANGE, draws(0.5, 0.5, 0, 0.999)), {
    left: 23,
    top: 0,
    width: 77,
    height: 77,
  });
});

test("drawCropBox() tries again when a crop does not fit", () => {
  // All of the area at ratio 3/4 is taller than the picture.
  const box = drawCropBox({ width: 100, height: 100 }, RANGE, draws(1, 0, 0.5, 0.5, 0, 0));
  assert.deepEqual(box, { left: 0, top: 0, width: 77, height: 77 });
});

test("drawCropBox() takes the middle after ten misses, without drawing a place", () => {
  const misses = draws(...Array.from({ length: 20 }, () => 1));
  assert.deepEqual(drawCropBox({ width: 30, height: 300 }, RANGE, misses), {
    left: 0,
    top: 130,
    width: 30,
    height: 40,
  });
});

test("drawCropBox() stays inside the picture", () => {
  const side = fc.integer({ min: 1, max: 3000 });
  const number = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const numbers = fc.array(number, { minLength: 22, maxLength: 22 });
  fc.assert(
    fc.property(side, side, numbers, (width, height, drawn) => {
      const box = drawCropBox({ width, height }, RANGE, draws(...drawn));
      assert.ok(box.left >= 0 && box.top >= 0 && box.width >= 1 && box.height >= 1);
      assert.ok(box.left + box.width <= width && box.top + box.height <= height);
    }),
    { numRuns: 500, seed: 1 },
  );
});

test("drawCropBox() refuses ranges that are not positive and ascending", () => {
  const picture = { width: 9, height: 9 };
  for (const range of [
    { ...RANGE, scale: [0, 1] },
    { ...RANGE, scale: [1, 0.2] },
    { ...RANGE, ratio: [Number.NaN, 1] },
    { ...RANGE, ratio: [1, Number.POSITIVE_INFINITY] },
  ] as const) {
    assert.throws(() => drawCropBox(picture, range, () => 0.5), RangeError);
  }
});

test("randomResizedCrop() resamples the box that it reports", () => {
  const data = Uint8Array.from({ length: 60 * 50 }, (_, i) => (i * 31) & 255);
  const source: Raster = { width: 60, height: 50, channels: 1, data };
  const options = { ...RANGE, size: 32, interpolation: "bilinear" } as const;
  const { image, box } = randomResizedCrop(source, options, draws(0.3, 0.6, 0.4, 0.8));
  assert.deepEqual(
    image,
    resample(source, { box, width: 32, height: 32, interpolation: "bilinear" }),
  );
});
