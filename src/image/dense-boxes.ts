/** @file Boxes moved with their picture into a view, and what is predicted there brought back into the picture (SPEC 4.2, 4.3). */
import type { DenseGeometry } from "./dense-geometry.ts";
import type { ViewSquare } from "./dense-view.ts";
import { placeInSquare } from "./letterbox.ts";
import type { Corners } from "./mask.ts";
import { type AffineMatrix, applyAffine } from "./opencv-affine.ts";
import { type FloatPlane, resizeLinearFloat } from "./opencv-resize.ts";
import type { PixelSize } from "./raster.ts";

/** What is left of a box that is not cut, but for rounding. */
const WHOLE = 1 - 1e-9;

/** Where boxes go, and which of them stay. */
export interface BoxViewOptions extends ViewSquare {
  /** The least share of its area that a box must keep where it is cut at the edge. Default 0.25. */
  readonly leastVisible?: number;
}

/**
 * Moves a box with its picture: what the crop leaves of it, flipped, the hull of its four moved corners, cut at the edge, in pixels of the
 * view. Undefined where the crop and the edge leave less than the least share of it, or a rest of less than a pixel of the view across or
 * down. A box that is shown whole stays, however small: it is no rest, and figures must not lose what is hardest to find.
 *
 * @param box corners in pixels of the picture, from the outer edge of its first pixel: pixel i reaches from i to i + 1
 */
export function moveBox(
  box: Corners,
  { crop, flipped, matrix }: DenseGeometry,
  { size, fit = "stretch", leastVisible = 0.25 }: BoxViewOptions,
): Corners | undefined {
  const [x1, y1, x2, y2] = box;
  const part: Corners = [x1 - crop.left, y1 - crop.top, x2 - crop.left, y2 - crop.top];
  const shown = cutBox(part, crop); // what the crop leaves away does not come back by a turn
  const turned = flipped ? flipBox(shown, crop) : shown;
  const hull = matrix === undefined ? turned : hullOf(turned, matrix);
  const seen = cutBox(hull, crop);
  const kept = (boxArea(shown) / boxArea(part)) * (boxArea(seen) / boxArea(hull));
  const { left, top, width, height } = placeInSquare(crop, size, fit);
  const [x, y] = [width / crop.width, height / crop.height];
  const moved: Corners = [
    left + seen[0] * x,
    top + seen[1] * y,
    left + seen[2] * x,
    top + seen[3] * y,
  ];
  const isLarge = moved[2] - moved[0] >= 1 && moved[3] - moved[1] >= 1;
  return kept >= leastVisible && (isLarge || kept > WHOLE) ? moved : undefined;
}

/** What of a box lies in a picture; a box outside has no area. */
function cutBox([x1, y1, x2, y2]: Corners, { width, height }: PixelSize): Corners {
  const within = (place: number, end: number): number => Math.min(Math.max(place, 0), end);
  return [within(x1, width), within(y1, height), within(x2, width), within(y2, height)];
}

function flipBox([x1, y1, x2, y2]: Corners, { width }: PixelSize): Corners {
  return [width - x2, y1, width - x1, y2];
}

/** The upright box around the four moved corners. The matrix counts from the middle of the first pixel, boxes from its edge. */
function hullOf([x1, y1, x2, y2]: Corners, matrix: AffineMatrix): Corners {
  const corners = [x1, x2].flatMap((x) =>
    [y1, y2].map((y) => applyAffine(matrix, [x - 0.5, y - 0.5])),
  );
  const [xs, ys] = [corners.map(([x]) => x + 0.5), corners.map(([, y]) => y + 0.5)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function boxArea([x1, y1, x2, y2]: Corners): number {
  return (x2 - x1) * (y2 - y1);
}

/**
 * A box of a view in which nothing was moved, in pixels of the picture, cut at its edge.
 * @param box corners in pixels of the view
 */
export function boxToPicture(
  [x1, y1, x2, y2]: Corners,
  picture: PixelSize,
  { size, fit = "stretch" }: ViewSquare,
): Corners {
  const { left, top, width, height } = placeInSquare(picture, size, fit);
  const [x, y] = [picture.width / width, picture.height / height];
  const found: Corners = [(x1 - left) * x, (y1 - top) * y, (x2 - left) * x, (y2 - top) * y];
  return cutBox(found, picture);
}

/**
 * What a model says of every pixel of a view in which nothing was moved, as a plane of the picture's size: the picture's place is cut out of
 * the square and stretched, bilinear. Of logits or probabilities, which differ between pixels.
 *
 * @param plane `[size, size]`, of `size` × `size` pixels
 * @throws {RangeError} when the plane has another size
 */
export function planeToPicture(
  plane: FloatPlane,
  picture: PixelSize,
  { size, fit = "stretch" }: ViewSquare,
): FloatPlane {
  if (plane.width !== size || plane.height !== size || plane.data.length !== size * size) {
    throw new RangeError(
      `Cannot bring a plane of ${plane.width} x ${plane.height} with ${plane.data.length} values back into its picture: expected ${size} x ${size}`,
    );
  }
  const { left, top, width, height } = placeInSquare(picture, size, fit);
  const data = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * size + left;
    data.set(plane.data.subarray(from, from + width), row * width);
  }
  return resizeLinearFloat({ width, height, data }, picture);
}
