/** @file Square planes of numbers, as large as the film. */

/** A square plane of floats to draw on, row by row. */
export interface Plane {
  /** Pixels of a side. */
  readonly size: number;
  readonly data: Float32Array;
}

/** A plane of zeros. */
export function plane(size: number): Plane {
  return { size, data: new Float32Array(size * size) };
}
