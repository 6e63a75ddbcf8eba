import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { RandomStream } from "../util/random.ts";
import { scaleRotation, warpAffine } from "./opencv-affine.ts";
import { resizeLinear, resizeNearest } from "./opencv-resize.ts";
import { type Raster, raster } from "./raster.ts";
import { warpResizeLinear, warpResizeNearest } from "./warp-resize.ts";

/** Noise of a size. */
function noise(width: number, height: number, channels: 1 | 3 = 1): Raster {
  const stream = new RandomStream({ seed: 5, name: `noise ${width} ${height}` });
  const data = Uint8Array.from({ length: width * height * channels }, () => stream.integer(256));
  return raster({ width, height, channels, data });
}

const side = fc.integer({ min: 1, max: 40 });
const scale = fc.double({ min: 0.5, max: 2, noNaN: true });
const cases = fc.record({
  ...{ width: side, height: side, toWidth: side, toHeight: side },
  channels: fc.constantFrom<1 | 3>(1, 3),
  movement: fc.record({
    ...{ scaleX: scale, scaleY: scale },
    angle: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
});

describe("warpResizeLinear()", () => {
  test("gives the bytes of a warp and a resize one after the other", () => {
    fc.assert(
      fc.property(cases, ({ width, height, toWidth, toHeight, channels, movement }) => {
        const source = noise(width, height, channels);
        const matrix = scaleRotation(movement, source);
        const size = { width: toWidth, height: toHeight };
        const whole = resizeLinear(warpAffine(source, matrix, "bilinear"), size);
        assert.deepEqual(warpResizeLinear(source, matrix, size), whole);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  test("does so at the same size and at half of it, where nothing is interpolated", () => {
    const source = noise(20, 12);
    const matrix = scaleRotation({ scaleX: 1.1, scaleY: 0.9, angle: 7 }, source);
    for (const size of [
      { width: 20, height: 12 },
      { width: 10, height: 6 },
      { width: 10, height: 12 },
    ]) {
      const whole = resizeLinear(warpAffine(source, matrix, "bilinear"), size);
      assert.deepEqual(warpResizeLinear(source, matrix, size), whole);
    }
  });

  test("only resizes without a matrix", () => {
    const size = { width: 9, height: 7 };
    assert.deepEqual(
      warpResizeLinear(noise(30, 20), undefined, size),
      resizeLinear(noise(30, 20), size),
    );
  });
});

describe("warpResizeNearest()", () => {
  test("takes the corner's sample as OpenCV's two steps do", () => {
    fc.assert(
      fc.property(cases, ({ width, height, toWidth, toHeight, channels, movement }) => {
        const source = noise(width, height, channels);
        const matrix = scaleRotation(movement, source);
        const size = { width: toWidth, height: toHeight };
        assert.deepEqual(
          warpResizeNearest(source, matrix, { ...size, point: "corner" }),
          resizeNearest(warpAffine(source, matrix, "nearest"), size),
        );
        assert.deepEqual(
          warpResizeNearest(source, undefined, { ...size, point: "corner" }),
          resizeNearest(source, size),
        );
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  test("takes the sample in the middle of a new pixel", () => {
    const line = raster({
      width: 9,
      height: 1,
      channels: 1,
      data: Uint8Array.from({ length: 9 }, (_, i) => i),
    });
    const levels = (width: number): readonly number[] =>
      Array.from(warpResizeNearest(line, undefined, { width, height: 1, point: "middle" }).data);
    assert.deepEqual(levels(3), [1, 4, 7]);
    assert.deepEqual(levels(9), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(levels(2), [2, 6]);
    assert.deepEqual(levels(18), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
  });

  test("takes a sample of a warp at the middles too", () => {
    const source = noise(24, 18);
    const matrix = scaleRotation({ scaleX: 1.1, scaleY: 0.9, angle: 10 }, source);
    const size = { width: 8, height: 6, point: "middle" } as const;
    const warped = warpAffine(source, matrix, "nearest");
    const expected = Array.from({ length: 48 }, (_, i) => {
      const [row, column] = [3 * Math.floor(i / 8) + 1, 3 * (i % 8) + 1];
      return warped.data[row * 24 + column];
    });
    assert.deepEqual(Array.from(warpResizeNearest(source, matrix, size).data), expected);
  });
});
