/** @file Boxes of a dataset from the corners that a list gives: turned round, scaled to the picture, cut at its edge. */
import type { PixelSize } from "../image/raster.ts";
import { ManifestError } from "../util/errors.ts";
import type { CornerBox } from "./lists/rsna-list.ts";
import type { Box } from "./record.ts";
import { RepairCounter, type RepairCounts } from "./repairs.ts";
import { cutBox, isBeyond } from "./usable-boxes.ts";

/** What corners are read with. */
export interface CornersOptions {
  /** The class of all of them. */
  readonly label: string;
  /** The size of the picture's file. */
  readonly size: PixelSize;
  /** The size that the corners are in pixels of, when it is another. */
  readonly listed?: PixelSize;
  /** What becomes of a box that has no area in the picture; `error` by default. */
  readonly useless?: "error" | "drop";
}

/** The boxes, and what was mended in them. */
export interface CornerBoxes {
  readonly boxes: readonly Box[];
  readonly repairs: RepairCounts;
}

/**
 * Makes boxes of corners. Swapped corners are turned round, boxes that reach beyond the picture are cut, both counted.
 * @throws {ManifestError} naming the box, when it has no area in the picture and is not to be left out
 */
export function boxesOfCorners(
  corners: readonly CornerBox[],
  { label, size, listed = size, useless = "error" }: CornersOptions,
): CornerBoxes {
  const repairs = new RepairCounter();
  const [across, down] = [size.width / listed.width, size.height / listed.height];
  const boxes: Box[] = [];
  for (const [index, [x1, y1, x2, y2]] of corners.entries()) {
    if (x1 > x2 || y1 > y2) repairs.add("swapped-corners");
    const [left, right] = [Math.min(x1, x2) * across, Math.max(x1, x2) * across];
    const [top, bottom] = [Math.min(y1, y2) * down, Math.max(y1, y2) * down];
    const box = { label, x: left, y: top, width: right - left, height: bottom - top };
    const inside = cutBox(box, size);
    if (inside === undefined) {
      if (useless === "error") throw uselessBox(box, index, size);
      repairs.add("dropped-box");
      continue;
    }
    if (across !== 1 || down !== 1) repairs.add("scaled-boxes");
    if (isBeyond(box, size)) repairs.add("cut-box");
    boxes.push(inside);
  }
  return { boxes, repairs: repairs.counts() };
}

function uselessBox(box: Box, index: number, { width, height }: PixelSize): ManifestError {
  const fault =
    box.width > 0 && box.height > 0
      ? `lies outside its picture of ${width} x ${height} pixels`
      : `has no area: its sides are ${box.width} x ${box.height}`;
  return new ManifestError(
    `its box ${index + 1} ${fault}; correct the list, or leave such boxes out`,
  );
}
