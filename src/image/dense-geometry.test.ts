import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawGeometry, stillGeometry } from "./dense-geometry.ts";
import { scaleRotation } from "./opencv-affine.ts";
import { drawCropBox } from "./random-resized-crop.ts";

const PICTURE = { width: 60, height: 40 };

/** A source of given draws, and how many of them were taken. */
function drawsOf(...draws: readonly number[]) {
  let taken = 0;
  return {
    draw: (): number => draws[taken++] ?? assert.fail("one draw too many"),
    taken: (): number => taken,
  };
}

describe("drawGeometry()", () => {
  test("leaves a picture as it is when the draw is not below the probability", () => {
    const { draw, taken } = drawsOf(0.5);
    assert.deepEqual(drawGeometry(PICTURE, {}, draw), stillGeometry(PICTURE));
    assert.equal(taken(), 1);
  });

  test("draws scales apart, then the angle", () => {
    const { draw, taken } = drawsOf(0.49, 0.25, 0.75, 0);
    const { matrix } = drawGeometry(PICTURE, {}, draw);
    const expected = scaleRotation({ scaleX: 0.95, scaleY: 1.05, angle: -10 }, PICTURE);
    assert.equal(taken(), 4);
    for (const [i, value] of (matrix ?? []).flat().entries()) {
      assert.ok(Math.abs(value - (expected.flat()[i] ?? Number.NaN)) < 1e-12);
    }
  });

  test("draws crop and flip before, and turns the part about its own middle", () => {
    const crop = { scale: [0.25, 0.5], ratio: [1, 1] } as const;
    const draws = [0.5, 0.5, 0.1, 0.9, 0.49, 0, 0.5, 0.5, 1];
    const { draw, taken } = drawsOf(...draws);
    const geometry = drawGeometry(PICTURE, { crop, flip: "image", rotate: 20 }, draw);
    const box = drawCropBox(PICTURE, crop, drawsOf(...draws).draw);
    assert.deepEqual([taken(), geometry.crop, geometry.flipped], [9, box, true]);
    const movement = { scaleX: 1, scaleY: 1, angle: 20 };
    assert.deepEqual(geometry.matrix, scaleRotation(movement, box));
  });

  test("refuses options out of their range", () => {
    const refuses = (options: Parameters<typeof drawGeometry>[1], message: RegExp): void =>
      assert.throws(() => drawGeometry(PICTURE, options, () => 0), message);
    refuses({ probability: 1.5 }, /probability must be in 0 … 1, current value is 1.5$/);
    refuses({ scale: [1.1, 0.9] }, /ascending order, current value is \[1.1, 0.9\]$/);
    refuses({ scale: [0, 1] }, /two positive numbers/);
    refuses({ rotate: -1 }, /turn must be in 0 … 180 degrees, current value is -1$/);
    refuses({ rotate: Number.NaN }, /current value is NaN$/);
  });
});
