/** @file From the numbers of a detector's cells to boxes in pixels (Redmon and Farhadi 2018; SPEC 4.3). */
import type { Anchor } from "../../model/heads/detection-anchors.ts";
import { ShapeError } from "../../util/errors.ts";
import { describeShape, type NdArray, ndArray } from "../../util/nd-array.ts";

/** A scale of a detector. */
export interface ScaleOptions {
  /** The anchors of each cell, in pixels of the image. */
  readonly anchors: readonly Anchor[];
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
}

/** Numbers of a box before those of its classes: centre, size, objectness. */
const BOX_NUMBERS = 5;

/**
 * Decodes one scale. The centre is the sigmoid's place in its cell, the size a power of e of its anchor; objectness and classes are
 * sigmoids, rounded to f32, so that what is equal in a detector of f32 is equal here.
 *
 * @param logits f32 `[batch, anchors · (5 + classes), cells, cells]`: x, y, width, height, objectness, classes of the first anchor, then
 * of the next
 * @returns `[batch, anchors · cells · cells, 5 + classes]`: centre x, centre y, width, height in pixels, objectness, classes; in the order of
 * anchors, rows, columns
 * @throws {ShapeError} when the logits have another shape
 */
export function decodeBoxes(
  logits: NdArray<"f32">,
  { anchors, imageSize }: ScaleOptions,
): NdArray<"f64"> {
  const [batch = 0, channels = 0, rows = 0, columns = 0] = logits.shape;
  const numbers = channels / anchors.length;
  const isScale = logits.shape.length === 4 && rows === columns;
  if (!isScale || !Number.isInteger(numbers) || numbers <= BOX_NUMBERS) {
    throw new ShapeError(
      `Cannot decode boxes of ${describeShape(logits)}: expected [batch, ${anchors.length} anchors x (5 + classes), cells, cells]`,
    );
  }
  const cells = rows * columns;
  const stride = imageSize / columns; // pixels of a cell
  const out = new Float64Array(logits.data.length);
  for (let image = 0; image < batch; image++) {
    for (const [a, [width, height]] of anchors.entries()) {
      const planes = (image * anchors.length + a) * cells * numbers; // [numbers, cells]
      for (let cell = 0; cell < cells; cell++) {
        const at = (k: number): number => logits.data[planes + k * cells + cell] ?? Number.NaN;
        const to = planes + cell * numbers; // [cells, numbers]
        out[to] = (sigmoid(at(0)) + (cell % columns)) * stride;
        out[to + 1] = (sigmoid(at(1)) + Math.floor(cell / columns)) * stride;
        out[to + 2] = Math.exp(at(2)) * width;
        out[to + 3] = Math.exp(at(3)) * height;
        for (let k = BOX_NUMBERS - 1; k < numbers; k++) out[to + k] = Math.fround(sigmoid(at(k)));
      }
    }
  }
  return ndArray("f64", [batch, anchors.length * cells, numbers], out);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
