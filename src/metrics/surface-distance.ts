/** @file How far the outlines of two masks lie apart: the 95th percentile of the Hausdorff distance. */
import { quantileOfSorted } from "./bootstrap.ts";
import { type Grid, squaredDistances } from "./distance-transform.ts";

/** The part of the distances that the figure is not below. */
const PART = 0.95;

/**
 * The 95 % Hausdorff distance of two masks of one picture: from every pixel of either outline to the nearest of the other, both
 * directions together, and of these distances the 95th percentile, linearly between the two nearest. The outline of a mask is
 * those of its pixels that have one of their four neighbours outside the mask, or outside the picture.
 *
 * Where both masks are empty it is 0, and where one is, the picture's diagonal between the centres of its corners: no distance
 * in it is greater, so that predicting nothing never pays (as in the BraTS challenges).
 *
 * @param predicted not 0 in the mask, `[height, width]`
 * @param truth as `predicted`
 * @returns in the unit of the grid's spacing; pixels by default
 * @throws {RangeError} when a mask does not fit the grid, or a spacing is not a positive number
 */
export function hausdorff95(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  grid: Grid,
): number {
  const outlines = [outlineOf(predicted, grid), outlineOf(truth, grid)] as const;
  const [found, expected] = outlines.map(({ length }) => length);
  if (found === 0 && expected === 0) return 0;
  if (found === 0 || expected === 0) return diagonalOf(grid);
  const window = around(outlines, grid);
  const [a, b] = outlines;
  const distances = [...distancesTo(b, a, window), ...distancesTo(a, b, window)];
  return quantileOfSorted(Float64Array.from(distances).sort(), PART);
}

/** The distance between the centres of opposite corners: the greatest that a picture has. */
export function diagonalOf({ width, height, spacing: [dx, dy] = [1, 1] }: Grid): number {
  return Math.hypot(dx * (width - 1), dy * (height - 1));
}

/** A pixel's column and row. */
type Place = readonly [x: number, y: number];

function outlineOf(mask: ArrayLike<number>, { width, height }: Grid): readonly Place[] {
  if (mask.length !== width * height) {
    throw new RangeError(
      `Cannot find the outline of a mask of ${mask.length} pixels: ${width} x ${height} expected`,
    );
  }
  const isIn = (x: number, y: number): boolean =>
    x >= 0 && x < width && y >= 0 && y < height && mask[y * width + x] !== 0;
  const places: Place[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isIn(x, y)) continue;
      if (isIn(x - 1, y) && isIn(x + 1, y) && isIn(x, y - 1) && isIn(x, y + 1)) continue;
      places.push([x, y]);
    }
  }
  return places;
}

/** The part of the picture that holds both outlines: what lies outside has no distance that counts. */
interface Window extends Grid {
  readonly left: number;
  readonly top: number;
}

function around(outlines: readonly (readonly Place[])[], { spacing = [1, 1] }: Grid): Window {
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [right, bottom] = [0, 0];
  for (const [x, y] of outlines.flat()) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1, spacing };
}

/** The distance of each place to the nearest site. */
function distancesTo(
  sites: readonly Place[],
  places: readonly Place[],
  window: Window,
): readonly number[] {
  const { left, top, width, height } = window;
  const indexOf = ([x, y]: Place): number => (y - top) * width + x - left;
  const marked = new Uint8Array(width * height);
  for (const site of sites) marked[indexOf(site)] = 1;
  const squared = squaredDistances(marked, window);
  return places.map((place) => Math.sqrt(squared[indexOf(place)] ?? Number.NaN));
}
