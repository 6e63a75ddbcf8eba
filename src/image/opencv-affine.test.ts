import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openCvCases, sourceOf } from "../../test/opencv-cases.ts";
import { type AffineMatrix, applyAffine, scaleRotation, warpAffine } from "./opencv-affine.ts";
import { raster } from "./raster.ts";

describe("warpAffine()", () => {
  test("equals OpenCV in every byte", () => {
    for (const interpolation of ["bilinear", "nearest"] as const) {
      const cases = openCvCases(`warp-${interpolation}`);
      assert.equal(cases.length, 3);
      for (const recorded of cases) {
        const source = sourceOf(recorded);
        const matrix = scaleRotation(recorded.movement, source);
        const { data } = warpAffine(source, matrix, interpolation);
        assert.deepEqual(Array.from(data), recorded.result, JSON.stringify(recorded.movement));
      }
    }
  });

  const square = raster({
    ...{ width: 3, height: 2, channels: 1 },
    data: Uint8Array.of(10, 20, 30, 40, 50, 60),
  });

  test("moves whole pixels as they are, black behind them", () => {
    const right: AffineMatrix = [
      [1, 0, 1],
      [0, 1, 0],
    ];
    for (const interpolation of ["bilinear", "nearest"] as const) {
      const { data } = warpAffine(square, right, interpolation);
      assert.deepEqual(Array.from(data), [0, 10, 20, 0, 40, 50]);
    }
  });

  test("blends with black at half a pixel", () => {
    const half: AffineMatrix = [
      [1, 0, 0.5],
      [0, 1, 0],
    ];
    assert.deepEqual(
      Array.from(warpAffine(square, half, "bilinear").data),
      [5, 15, 25, 20, 45, 55],
    );
  });

  test("refuses a matrix without an inverse", () => {
    const flat: AffineMatrix = [
      [1, 2, 0],
      [2, 4, 0],
    ];
    assert.throws(() => warpAffine(square, flat, "nearest"), /matrix \[1, 2, 0, 2, 4, 0\] has no/);
  });
});

describe("scaleRotation()", () => {
  test("keeps the middle, and turns anticlockwise as it is seen", () => {
    const size = { width: 5, height: 9 };
    const matrix = scaleRotation({ scaleX: 1.1, scaleY: 0.9, angle: 30 }, size);
    const close = (found: readonly number[], expected: readonly number[]): void => {
      for (const [i, value] of found.entries()) {
        assert.ok(Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-12, `${found}`);
      }
    };
    close(applyAffine(matrix, [2, 4]), [2, 4]);
    const quarter = scaleRotation({ scaleX: 2, scaleY: 1, angle: 90 }, size);
    close(applyAffine(quarter, [3, 4]), [2, 2]); // right of the middle goes above it, twice as far
    close(applyAffine(quarter, [2, 5]), [3, 4]);
  });

  test("moves a pixel where applyAffine() says", () => {
    const size = { width: 41, height: 31 };
    const matrix = scaleRotation({ scaleX: 1.1, scaleY: 1.1, angle: 10 }, size);
    const data = new Uint8Array(41 * 31);
    data[7 * 41 + 30] = 255;
    const moved = warpAffine(raster({ ...size, channels: 1, data }), matrix, "bilinear").data;
    const [x, y] = applyAffine(matrix, [30, 7]);
    const brightest = moved.indexOf(Math.max(...moved));
    assert.ok(Math.abs((brightest % 41) - x) <= 1 && Math.abs(Math.floor(brightest / 41) - y) <= 1);
  });
});
