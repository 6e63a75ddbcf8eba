/** @file RSNA pneumonia lists: `image_path,bbox`, the boxes as a list of [x1, y1, x2, y2] in pixels of 1024 × 1024 (SPEC 4.2, 4.3). */
import { tryParseJson } from "../../util/jsonl.ts";
import { type ListText, listError, listRows } from "./list-text.ts";

/** A box by two corners, in pixels. */
export type CornerBox = readonly [x1: number, y1: number, x2: number, y2: number];

/** One picture of an RSNA list, as segmentation takes it. */
export interface RsnaRow {
  /** From 1. */
  readonly line: number;
  /** Relative to the dataset's folder. */
  readonly path: string;
  /** The list of boxes as it is written. */
  readonly bbox: string;
  /** The boxes; a picture without any has the one box [0, 0, 0, 0]. */
  readonly boxes: readonly CornerBox[];
}

/** A box as detection takes it: class, centre and size in pixels. */
export type DetectionRow = readonly [
  label: number,
  centreX: number,
  centreY: number,
  width: number,
  height: number,
];

/** The most boxes of a picture that detection holds. */
export const MAX_BOXES = 10;

function isCornerBox(value: unknown): value is CornerBox {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every((side) => typeof side === "number" && Number.isFinite(side))
  );
}

/**
 * Parses an RSNA list.
 * @throws {ManifestError} naming the line, when a cell is empty or no list of boxes
 */
export function parseRsnaList(list: ListText): readonly RsnaRow[] {
  return listRows(list, ["image_path", "bbox"]).map(({ line, cell }) => {
    const path = cell("image_path");
    if (path === "") throw listError(list, line, 'column "image_path" is empty, expected a path');
    const bbox = cell("bbox");
    const boxes = tryParseJson(bbox)?.value;
    if (!Array.isArray(boxes) || !boxes.every(isCornerBox)) {
      throw listError(
        list,
        line,
        'column "bbox" is no list of boxes, expected one such as [[296.0, 297.0, 482.0, 478.0]]',
      );
    }
    return { line, path, bbox, boxes };
  });
}

/**
 * The boxes of a picture for detection: class 0, centre and size in pixels, then rows of zeros up to ten. A list without a single
 * decimal point is an array of whole numbers to the program that defines the form, and so its centres are cut to whole
 * numbers.
 * @throws {ManifestError} naming the line, when there are more than ten boxes
 */
export function detectionRows(
  { line, bbox, boxes }: RsnaRow,
  list: ListText,
): readonly DetectionRow[] {
  if (boxes.length > MAX_BOXES) {
    throw listError(list, line, `it has ${boxes.length} boxes, expected at most ${MAX_BOXES}`);
  }
  const centre = /[.eE]/.test(bbox) ? (value: number) => value : Math.trunc;
  return Array.from({ length: MAX_BOXES }, (_, i) => {
    const [x1, y1, x2, y2] = boxes[i] ?? [0, 0, 0, 0];
    return [0, centre((x1 + x2) / 2), centre((y1 + y2) / 2), x2 - x1, y2 - y1];
  });
}
