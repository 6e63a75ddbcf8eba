/** @file The boxes of a record as detection takes them: of its classes, inside the picture, not too many. */
import type { PixelSize } from "../image/raster.ts";
import { ManifestError } from "../util/errors.ts";
import type { Box, DatasetRecord } from "./record.ts";
import { RepairCounter, type RepairCounts } from "./repairs.ts";

/** The most boxes of a picture where nothing is said. */
export const DEFAULT_MAX_BOXES = 10;

/** What boxes must fit. */
export interface UsableBoxesOptions extends PixelSize {
  /** The most boxes of a picture; 10 by default. */
  readonly maxBoxes?: number;
}

/** The boxes of a record, and what was mended in them. */
export interface UsableBoxes {
  /** Inside the picture, with an area; labels are among the classes. */
  readonly boxes: readonly Box[];
  readonly repairs: RepairCounts;
}

/** What is left of a box inside a picture; undefined where nothing is. */
export function cutBox(box: Box, { width, height }: PixelSize): Box | undefined {
  const [left, top] = [Math.max(0, box.x), Math.max(0, box.y)];
  const right = Math.min(width, box.x + box.width);
  const bottom = Math.min(height, box.y + box.height);
  if (!(right > left && bottom > top)) return undefined;
  return { label: box.label, x: left, y: top, width: right - left, height: bottom - top };
}

/** Does a box reach beyond a picture by more than a rounding of its far side? */
export function isBeyond({ x, y, ...box }: Box, { width, height }: PixelSize): boolean {
  const slack = 1e-9 * Math.max(width, height);
  return x < 0 || y < 0 || x + box.width > width + slack || y + box.height > height + slack;
}

type Labelled = Pick<DatasetRecord, "labels" | "boxes">;

/** Is it known of a record where its boxes are? It is where it lists them, even none, and where its labels deny every class. */
export function knowsBoxes({ labels, boxes }: Labelled, classes: readonly string[]): boolean {
  return boxes !== undefined || classes.every((name) => labels?.[name] === 0);
}

/**
 * The boxes of a record's picture, those of other classes left out; undefined where it is not known where they are. A box that
 * reaches beyond the picture is cut at its edge, one that lies outside is left out; both are counted.
 * @throws {ManifestError} when all of its boxes lie outside, so that something is wrong with the picture or with them, or there
 *   are more than `maxBoxes`
 */
export function usableBoxes(
  record: Labelled,
  classes: readonly string[],
  { maxBoxes = DEFAULT_MAX_BOXES, width, height }: UsableBoxesOptions,
): UsableBoxes | undefined {
  if (!knowsBoxes(record, classes)) return undefined;
  const repairs = new RepairCounter();
  const listed = (record.boxes ?? []).filter(({ label }) => classes.includes(label));
  const boxes: Box[] = [];
  for (const box of listed) {
    const inside = cutBox(box, { width, height });
    if (inside === undefined) repairs.add("dropped-box");
    else if (isBeyond(box, { width, height })) repairs.add("cut-box");
    if (inside !== undefined) boxes.push(inside);
  }
  if (listed.length > 0 && boxes.length === 0) {
    throw new ManifestError(
      `none of its ${listed.length} boxes lies in its picture of ${width} x ${height} pixels; are they in pixels of another file?`,
    );
  }
  if (boxes.length > maxBoxes) throw tooManyBoxes(boxes.length, maxBoxes);
  return { boxes, repairs: repairs.counts() };
}

function tooManyBoxes(found: number, maxBoxes: number): ManifestError {
  return new ManifestError(
    `it has ${found} boxes, expected at most ${maxBoxes}; raise maxBoxes to ${found}, which costs memory for every picture of a batch, or leave the record out`,
  );
}
