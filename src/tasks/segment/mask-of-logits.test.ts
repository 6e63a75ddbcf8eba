import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { maskArea } from "../../image/mask.ts";
import { maskOfLogits } from "./mask-of-logits.ts";

const SIDE = 16;
/** Twice as wide as high: letterboxed it fills the rows 4 to 11. */
const PICTURE = { width: 64, height: 32 };

/** High in the left half of those rows, low elsewhere. */
const leftHalf = Float32Array.from({ length: SIDE ** 2 }, (_, at) => {
  const [column, row] = [at % SIDE, Math.floor(at / SIDE)];
  return column < SIDE / 2 && row >= 4 && row < 12 ? 20 : -20;
});

describe("maskOfLogits()", () => {
  test("is strict: what is exactly as probable as the threshold is outside", () => {
    const options = { size: 2, threshold: 0.5 };
    const at = (logit: number) =>
      maskArea(maskOfLogits(new Float32Array(4).fill(logit), { width: 5, height: 3 }, options));
    assert.deepEqual([at(-1), at(0), at(1e-3)], [0, 0, 15]);
  });

  const filled = (fit: "stretch" | "letterbox"): number => {
    const mask = maskOfLogits(leftHalf, PICTURE, { size: SIDE, fit });
    assert.deepEqual({ width: mask.width, height: mask.height }, PICTURE);
    return maskArea(mask) / mask.data.length;
  };

  test("takes a letterboxed square's picture out of the black beside it", () => {
    assert.equal(filled("letterbox"), 0.5);
  });

  test("stretches a square that the picture fills", () => {
    assert.ok(Math.abs(filled("stretch") - 0.25) < 0.01);
  });
});
