/**
 * @file The window of super-resolution (SPEC 3.3): which 12 × 12 of a picture's 14 × 14 super-patches hold the most attention, and
 * how a map of attention goes through the crop and the flip of its picture.
 */
import { type CropBox, requireInside } from "./geometry.ts";
import type { PixelSize } from "./raster.ts";

/** Super-patches along a side of the view. */
export const WINDOW_GRID = 14;

/** Super-patches along a side of the window. */
export const WINDOW_SIDE = 12;

/** A window's top left corner in super-patches: `row` counts downwards, `column` to the right. */
export interface WindowPosition {
  readonly row: 0 | 1 | 2;
  readonly column: 0 | 1 | 2;
}

/** The window of a record of which no attention is known. */
export const MIDDLE_WINDOW: WindowPosition = { row: 1, column: 1 };

/** A window with what it holds. */
export interface ChosenWindow extends WindowPosition {
  /** The window's part of the attention, in 0 … 1; (12/14)² ≈ 0.735 where attention is even, 0 where there is none. */
  readonly share: number;
}

/** How a view lies in its picture. */
export interface ViewFrame {
  /** The part of the picture that the view shows, in the picture's pixels. */
  readonly box: CropBox;
  /** The picture's size. */
  readonly picture: PixelSize;
  /** Were left and right exchanged after the crop? */
  readonly flipped: boolean;
}

const CORNERS = [0, 1, 2] as const;

/** The nine placements, in the order in which equal ones are preferred: the middle, then row by row. */
const PLACEMENTS: readonly WindowPosition[] = [
  MIDDLE_WINDOW,
  ...CORNERS.flatMap((row) => CORNERS.map((column) => ({ row, column }))),
];

/** Masses that differ by less than this part of the whole are equal: the rest is rounding. */
const EQUAL = 1e-9;

/**
 * The placement with the most attention inside; of equal ones the middle, then the first row by row.
 * @param map [14, 14], row-major, not negative; its scale has no influence
 * @throws {RangeError} when it is of another size, or a value is negative or not finite
 */
export function bestWindow(map: ArrayLike<number>): ChosenWindow {
  requireMap(map);
  let total = 0;
  for (let cell = 0; cell < map.length; cell++) total += map[cell] ?? 0;
  let best: WindowPosition & { readonly mass: number } = { ...MIDDLE_WINDOW, mass: 0 };
  for (const placement of PLACEMENTS) {
    const mass = massInside(map, placement);
    if (mass > best.mass + EQUAL * total) best = { ...placement, mass };
  }
  const { row, column, mass } = best;
  return { row, column, share: total === 0 ? 0 : mass / total };
}

function requireMap(map: ArrayLike<number>): void {
  if (map.length !== WINDOW_GRID ** 2) {
    throw new RangeError(
      `Cannot place a window: the map has ${map.length} cells, expected ${WINDOW_GRID} × ${WINDOW_GRID}`,
    );
  }
  for (let cell = 0; cell < map.length; cell++) {
    const value = map[cell] ?? 0;
    if (value >= 0 && value < Infinity) continue;
    throw new RangeError(
      `Cannot place a window: cell ${cell} of the map is ${value}, expected numbers from 0`,
    );
  }
}

function massInside(map: ArrayLike<number>, { row, column }: WindowPosition): number {
  let mass = 0;
  for (let i = row; i < row + WINDOW_SIDE; i++) {
    for (let j = column; j < column + WINDOW_SIDE; j++) mass += map[i * WINDOW_GRID + j] ?? 0;
  }
  return mass;
}

/** A window as a map: 1 inside, 0 outside. */
export function windowAsMap({ row, column }: WindowPosition): Float64Array {
  const isInside = (at: number, start: number): boolean => at >= start && at < start + WINDOW_SIDE;
  return Float64Array.from({ length: WINDOW_GRID ** 2 }, (_, cell) => {
    const [i, j] = [Math.floor(cell / WINDOW_GRID), cell % WINDOW_GRID];
    return isInside(i, row) && isInside(j, column) ? 1 : 0;
  });
}

/**
 * A map of the whole picture as a view of it sees it: each of the view's 14 × 14 super-patches has the mean of the map over the
 * part of the picture that it shows (the map is constant within a cell). In float64, and exact for the whole picture.
 * @param map [g, g] for any g, row-major
 * @returns [14, 14]
 * @throws {RangeError} when the map is not square or the box leaves the picture
 */
export function mapOfView(
  map: ArrayLike<number>,
  { box, picture, flipped }: ViewFrame,
): Float64Array {
  const cells = Math.sqrt(map.length);
  if (!Number.isInteger(cells) || cells === 0) {
    throw new RangeError(`Cannot move a map of ${map.length} cells: a square of cells is expected`);
  }
  requireInside(box, picture, "look at");
  const rows = meansAlong(cells, { start: box.top, length: box.height, whole: picture.height });
  const columns = meansAlong(cells, { start: box.left, length: box.width, whole: picture.width });
  const moved = new Float64Array(WINDOW_GRID ** 2);
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      let sum = 0;
      for (const [y, part] of row) {
        for (const [x, other] of column) sum += part * other * (map[y * cells + x] ?? 0);
      }
      moved[i * WINDOW_GRID + (flipped ? WINDOW_GRID - 1 - j : j)] = sum;
    }
  }
  return moved;
}

/** A map of the whole picture at 14 × 14 cells. */
export function mapOfPicture(map: ArrayLike<number>): Float64Array {
  const picture = { width: 1, height: 1 };
  return mapOfView(map, { box: { left: 0, top: 0, ...picture }, picture, flipped: false });
}

/** Part of an axis, in pixels. */
interface AxisPart {
  readonly start: number;
  readonly length: number;
  readonly whole: number;
}

/** For each super-patch of the view's axis: the cells of the map's axis that lie in it, and the part of it that each takes. */
function meansAlong(
  cells: number,
  { start, length, whole }: AxisPart,
): readonly (readonly (readonly [cell: number, part: number])[])[] {
  // Whole numbers before the one division: the edges of a whole picture's cells come out exact.
  const edge = (patch: number): number =>
    (cells * (WINDOW_GRID * start + length * patch)) / (WINDOW_GRID * whole);
  return Array.from({ length: WINDOW_GRID }, (_, patch) => {
    const [from, to] = [edge(patch), edge(patch + 1)];
    const parts: (readonly [number, number])[] = [];
    for (let cell = Math.floor(from); cell < Math.min(cells, Math.ceil(to)); cell++) {
      const overlap = Math.min(to, cell + 1) - Math.max(from, cell);
      if (overlap > 0) parts.push([cell, overlap / (to - from)]);
    }
    return parts;
  });
}
