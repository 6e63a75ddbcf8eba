/** @file Binary masks: which pixels of a picture belong to a structure; made of boxes, united, counted. */
import type { PixelSize } from "./raster.ts";
import { requireSize } from "./raster.ts";

/** Which pixels belong to something. */
export interface Mask extends PixelSize {
  /** 1 where a pixel belongs to it, else 0; `[height, width]`, row-major. */
  readonly data: Uint8Array;
}

/**
 * A mask of nothing.
 * @throws {RangeError} when a side is not a whole number from 1
 */
export function emptyMask({ width, height }: PixelSize): Mask {
  requireSize({ width, height }, "make a mask");
  return { width, height, data: new Uint8Array(width * height) };
}

/** How many pixels a mask has. */
export function maskArea({ data }: Mask): number {
  return data.reduce((area, pixel) => area + pixel, 0);
}

/** A box by two opposite corners, in pixels: from column x1 to before x2, from row y1 to before y2. */
export type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * Boxes as one mask, as the segmentation of RSNA takes them (SPEC 4.2): corners are truncated to whole pixels, what lies outside
 * the picture is cut off, overlaps count once. A box without width or height marks nothing.
 * @throws {RangeError} when a side of the picture is not a whole number from 1, or a corner is not finite
 */
export function maskOfBoxes(boxes: readonly Corners[], size: PixelSize): Mask {
  const mask = emptyMask(size);
  for (const box of boxes) {
    if (!box.every(Number.isFinite)) {
      throw new RangeError(
        `Cannot make a mask of the box [${box.join(", ")}]: its corners must be finite numbers`,
      );
    }
    const [left, top, right, bottom] = box.map((corner) => Math.max(0, Math.trunc(corner)));
    const end = Math.min(bottom ?? 0, size.height);
    for (let row = top ?? 0; row < end; row++) {
      const from = row * size.width;
      // `fill` counts an end before its start as nothing.
      mask.data.fill(1, from + (left ?? 0), from + Math.min(right ?? 0, size.width));
    }
  }
  return mask;
}
