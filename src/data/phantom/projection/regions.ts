/** @file Which pixels of a film show what: one bit for each kind of region. */
import type { View } from "./view.ts";

/** The bit of each kind of region. */
export const REGION = {
  lung: 1,
  heart: 2,
  fluid: 4,
  freeAir: 8,
  filled: 16,
  nodule: 32,
} as const;

/** A kind of region. */
export type RegionKind = keyof typeof REGION;

/** A film's regions: a byte of bits for each pixel. */
export interface Regions {
  readonly size: number;
  readonly data: Uint8Array;
}

/** Regions that are nowhere yet. */
export function emptyRegions(size: number): Regions {
  return { size, data: new Uint8Array(size * size) };
}

/** The pixels of a kind of region as a mask of 0 and 255. */
export function maskOf({ data }: Regions, kind: RegionKind): Uint8Array {
  const bit = REGION[kind];
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < mask.length; i++) if (((data[i] ?? 0) & bit) !== 0) mask[i] = 255;
  return mask;
}

/** A rectangle of whole pixels. */
export interface PixelBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The smallest box around a kind of region, on one side of the patient or on both; undefined when it is nowhere.
 * @param sign −1 for the patient's right, +1 for the left, 0 for both
 */
export function boundsOf(
  { size, data }: Regions,
  { kind, sign, view }: { kind: RegionKind; sign: -1 | 0 | 1; view: View },
): PixelBox | undefined {
  const bit = REGION[kind];
  let [left, top, right, bottom] = [size, size, -1, -1];
  for (let row = 0; row < size; row++) {
    const start = view.toPatient(0.5, row + 0.5).x;
    for (let column = 0; column < size; column++) {
      if (((data[row * size + column] ?? 0) & bit) === 0) continue;
      if (sign !== 0 && Math.sign(start + column * view.columnStep.x) === -sign) continue;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = row;
    }
  }
  if (right < 0) return undefined;
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
