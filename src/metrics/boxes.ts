/** @file Boxes with labels and scores, and how far two boxes cover each other. */

/** Boxes of one picture. */
export interface LabelledBoxes {
  /** Opposite corners x1, y1, x2, y2 in pixels, x1 ≤ x2 and y1 ≤ y2; `[boxes, 4]`, row-major. */
  readonly boxes: ArrayLike<number>;
  /** The class of each, a whole number from 0; `[boxes]`. */
  readonly labels: ArrayLike<number>;
}

/** Boxes that a detector found in one picture. */
export interface Detections extends LabelledBoxes {
  /** Higher where the detector is surer; `[boxes]`. */
  readonly scores: ArrayLike<number>;
}

/** What a detector found in a picture, and what is there. */
export interface DetectionImage {
  readonly found: Detections;
  readonly truth: LabelledBoxes;
}

/** The area of box i, in pixels. */
export function boxArea(boxes: ArrayLike<number>, i: number): number {
  const at = 4 * i;
  return side(boxes, at, 0) * side(boxes, at + 1, 0);
}

/**
 * Intersection over union of box i of one list and box j of another; 0 where both are empty.
 *
 * @param extent what is added to the difference of two corners to make a side: 0 where corners are places, 1 where they are the
 * first and the last pixel
 */
export function boxOverlap(
  [a, i]: readonly [boxes: ArrayLike<number>, i: number],
  [b, j]: readonly [boxes: ArrayLike<number>, j: number],
  extent: 0 | 1 = 0,
): number {
  const [p, q] = [4 * i, 4 * j];
  const width = commonSide(a, p, b, q, extent);
  const height = commonSide(a, p + 1, b, q + 1, extent);
  const both = width * height;
  const areaA = side(a, p, extent) * side(a, p + 1, extent);
  const areaB = side(b, q, extent) * side(b, q + 1, extent);
  const either = areaA + areaB - both;
  return either > 0 ? both / either : 0;
}

function side(boxes: ArrayLike<number>, at: number, extent: number): number {
  return (boxes[at + 2] ?? Number.NaN) - (boxes[at] ?? Number.NaN) + extent;
}

function commonSide(
  a: ArrayLike<number>,
  p: number,
  b: ArrayLike<number>,
  q: number,
  extent: number,
): number {
  const low = Math.max(a[p] ?? Number.NaN, b[q] ?? Number.NaN);
  const high = Math.min(a[p + 2] ?? Number.NaN, b[q + 2] ?? Number.NaN);
  return Math.max(0, high - low + extent);
}

/**
 * Checks pictures before they are scored.
 * @throws {RangeError} naming the picture and the box: lists of different lengths, corners that are no finite numbers or are swapped,
 * a score that is NaN, a label that is no whole number from 0
 */
export function requireDetections(images: readonly DetectionImage[]): void {
  for (const [index, { found, truth }] of images.entries()) {
    requireBoxes(truth, `true box of picture ${index}`);
    requireBoxes(found, `detection of picture ${index}`);
    if (found.scores.length !== found.labels.length) {
      throw new RangeError(
        `Cannot score picture ${index}: its ${found.labels.length} detections have ${found.scores.length} scores`,
      );
    }
    const unscored = Array.from(found.scores).findIndex(Number.isNaN);
    if (unscored >= 0) {
      throw new RangeError(
        `Cannot score picture ${index}: the score of detection ${unscored} is NaN`,
      );
    }
  }
}

function requireBoxes({ boxes, labels }: LabelledBoxes, what: string): void {
  if (boxes.length !== 4 * labels.length) {
    throw new RangeError(
      `Cannot score boxes (${what}): ${boxes.length} corners and ${labels.length} labels, expected four corners a label`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? Number.NaN;
    if (!Number.isSafeInteger(label) || label < 0) {
      throw new RangeError(`Cannot score ${what}: the label of number ${i} is ${label}`);
    }
    const corners = Array.from({ length: 4 }, (_, k) => boxes[4 * i + k] ?? Number.NaN);
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners;
    if (!corners.every(Number.isFinite) || x1 > x2 || y1 > y2) {
      throw new RangeError(
        `Cannot score ${what}: number ${i} is [${corners.join(", ")}], expected finite x1 <= x2 and y1 <= y2`,
      );
    }
  }
}
