/** @file A smooth function of one coordinate through control points, tabulated every millimetre. */

/** A control point: the coordinate in mm and the value there. */
export type ControlPoint = readonly [position: number, value: number];

/** A tabulated function of one coordinate in mm; beyond its ends it keeps its last value. */
export class Profile {
  readonly #start: number;
  readonly #table: Float64Array;

  constructor(start: number, table: Float64Array) {
    this.#start = start;
    this.#table = table;
  }

  /** The value at `position` (mm), linear between the tabulated millimetres. */
  at(position: number): number {
    const table = this.#table;
    const offset = position - this.#start;
    const last = table.length - 1;
    if (!(offset > 0)) return table[0] ?? 0;
    if (offset >= last) return table[last] ?? 0;
    const index = offset | 0;
    const low = table[index] ?? 0;
    return low + (offset - index) * ((table[index + 1] ?? 0) - low);
  }

  /** The same function with `change` applied to every tabulated (position, value). */
  map(change: (value: number, position: number) => number): Profile {
    return new Profile(
      this.#start,
      this.#table.map((value, i) => change(value, this.#start + i)),
    );
  }
}

/** Slopes at the control points that keep a cubic monotone between them (Fritsch and Carlson's harmonic mean). */
function monotoneSlopes(points: readonly ControlPoint[]): Float64Array {
  const secant = (i: number): number => {
    const [x0, y0] = points[i] ?? [0, 0];
    const [x1, y1] = points[i + 1] ?? [1, 0];
    return (y1 - y0) / (x1 - x0);
  };
  const last = points.length - 1;
  return Float64Array.from(points, (_, i) => {
    if (i === 0) return secant(0);
    if (i === last) return secant(last - 1);
    const before = secant(i - 1);
    const after = secant(i);
    return before * after <= 0 ? 0 : (2 * before * after) / (before + after);
  });
}

/**
 * The monotone cubic through control points.
 * @param points at least two, positions ascending, in mm
 */
export function profile(points: readonly ControlPoint[]): Profile {
  const slopes = monotoneSlopes(points);
  const start = Math.floor(points[0]?.[0] ?? 0);
  const end = Math.ceil(points[points.length - 1]?.[0] ?? 0);
  const table = new Float64Array(end - start + 1);
  let segment = 0;
  for (let i = 0; i < table.length; i++) {
    const position = start + i;
    while (segment < points.length - 2 && position > (points[segment + 1]?.[0] ?? 0)) segment++;
    const [x0, y0] = points[segment] ?? [0, 0];
    const [x1, y1] = points[segment + 1] ?? [1, 0];
    const width = x1 - x0;
    const t = Math.min(1, Math.max(0, (position - x0) / width));
    const m0 = (slopes[segment] ?? 0) * width;
    const m1 = (slopes[segment + 1] ?? 0) * width;
    const t2 = t * t;
    const t3 = t2 * t;
    table[i] =
      (2 * t3 - 3 * t2 + 1) * y0 +
      (t3 - 2 * t2 + t) * m0 +
      (-2 * t3 + 3 * t2) * y1 +
      (t3 - t2) * m1;
  }
  return new Profile(start, table);
}

/** `x` limited to 0 … 1. */
function clamp01(x: number): number {
  return x < 0 ? 0 : Math.min(x, 1);
}

/** Rises smoothly from 0 at `from` to 1 at `to` (cubic, flat at both ends). */
export function smoothStep(x: number, from: number, to: number): number {
  const t = clamp01((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}
