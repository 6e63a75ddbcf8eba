/** @file The exact Euclidean distance transform, in linear time (Felzenszwalb and Huttenlocher 2012, "Distance transforms of sampled functions"). */

/** How the pixels of a plane lie. */
export interface Grid {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** From one pixel to the next, such as in millimetres: between columns, and between rows. Default 1 and 1: pixels. */
  readonly spacing?: readonly [x: number, y: number];
}

/**
 * The squared distance of every pixel's centre to the nearest site's, `[height, width]`; infinite where there is no site.
 * @param sites not 0 at sites, `[height, width]`
 * @throws {RangeError} when the number of sites does not fit the grid, or a spacing is not a positive number
 */
export function squaredDistances(sites: ArrayLike<number>, grid: Grid): Float64Array {
  requireGrid(sites, grid);
  const { width, height, spacing: [dx, dy] = [1, 1] } = grid;
  const distances = rowsToNearest(sites, grid);
  for (let i = 0; i < distances.length; i++) distances[i] = (dy * (distances[i] ?? 0)) ** 2;
  const envelope = envelopeOf(width);
  for (let y = 0; y < height; y++) {
    lowerEnvelope(distances.subarray(y * width, (y + 1) * width), { spacing: dx, envelope });
  }
  return distances;
}

/** How many rows each pixel lies from the nearest site of its column; infinite where that has none. */
function rowsToNearest(sites: ArrayLike<number>, { width, height }: Grid): Float64Array {
  const rows = Float64Array.from(sites, (site) => (site === 0 ? Number.POSITIVE_INFINITY : 0));
  for (let i = width; i < width * height; i++) {
    rows[i] = Math.min(rows[i] ?? 0, (rows[i - width] ?? 0) + 1);
  }
  for (let i = width * (height - 1) - 1; i >= 0; i--) {
    rows[i] = Math.min(rows[i] ?? 0, (rows[i + width] ?? 0) + 1);
  }
  return rows;
}

function requireGrid(sites: ArrayLike<number>, { width, height, spacing = [1, 1] }: Grid): void {
  if (sites.length !== width * height) {
    throw new RangeError(
      `Cannot measure distances in ${sites.length} pixels: ${width} x ${height} expected`,
    );
  }
  if (!spacing.every((step) => step > 0 && step < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `Cannot measure distances: spacing must be two positive numbers, current value is [${spacing.join(", ")}]`,
    );
  }
}

/** The parabolas that are lowest somewhere on a line, from left to right. */
interface Envelope {
  /** Where each has its lowest point. */
  readonly places: Uint32Array;
  /** How high that is. */
  readonly heights: Float64Array;
  /** From where each is the lowest of all. */
  readonly starts: Float64Array;
}

function envelopeOf(length: number): Envelope {
  return {
    places: new Uint32Array(length),
    heights: new Float64Array(length),
    starts: new Float64Array(length),
  };
}

/** Replaces the values f of a row by min over q of (spacing · (p − q))² + f(q). */
function lowerEnvelope(
  values: Float64Array,
  { spacing, envelope }: { readonly spacing: number; readonly envelope: Envelope },
): void {
  const { places, heights, starts } = envelope;
  const scale = spacing * spacing;
  let last = -1;
  for (let q = 0; q < places.length; q++) {
    const height = values[q] ?? 0;
    if (height === Number.POSITIVE_INFINITY) continue;
    let start = Number.NEGATIVE_INFINITY;
    for (; last >= 0; last--) {
      const p = places[last] ?? 0;
      // Where the parabola of q begins to lie below that of p.
      start = ((height - (heights[last] ?? 0)) / scale / (q - p) + q + p) / 2;
      if (start > (starts[last] ?? 0)) break;
    }
    last++;
    places[last] = q;
    heights[last] = height;
    starts[last] = last === 0 ? Number.NEGATIVE_INFINITY : start;
  }
  if (last < 0) return;
  for (let p = 0, at = 0; p < places.length; p++) {
    while (at < last && (starts[at + 1] ?? 0) <= p) at++;
    values[p] = (heights[at] ?? 0) + scale * (p - (places[at] ?? 0)) ** 2;
  }
}
