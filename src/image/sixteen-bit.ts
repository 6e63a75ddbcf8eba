/** @file 16-bit grey pictures to 8 bits: as Pillow does it, or by the range that the samples use. */
import type { Raster, Raster16 } from "./raster.ts";
import { raster } from "./raster.ts";

/**
 * What becomes of 16-bit grey samples.
 * - `clip`: everything above 255 is 255, as Pillow's `convert("RGB")` has it: a radiograph comes out nearly white.
 * - `range`: scaled to 0 … 255 from 0 … 2^bitDepth − 1 where the bit depth is stated, else from the picture's own
 *   minimum … maximum.
 */
export type SixteenBit = "clip" | "range";

/** How `toEightBit` scales. */
export interface EightBitOptions {
  /** See `SixteenBit`. */
  readonly sixteenBit: SixteenBit;
  /** Bits that a sample uses, 1 … 16, where the source states it (a 12-bit detector: 12). Only `range` asks. */
  readonly bitDepth?: number | undefined;
}

/**
 * Scales a 16-bit grey picture to 8 bits, rounding to the nearest. A picture of one single value becomes 0 under `range`
 * without a bit depth.
 * @throws {RangeError} when the bit depth is not a whole number in 1 … 16
 */
export function toEightBit(picture: Raster16, { sixteenBit, bitDepth }: EightBitOptions): Raster {
  const [low, high] = sixteenBit === "clip" ? [0, 255] : usedRange(picture.data, bitDepth);
  const lookup = new Uint8Array(65_536).fill(255, high + 1);
  for (let sample = low + 1; sample <= high; sample++) {
    lookup[sample] = Math.round(((sample - low) * 255) / (high - low));
  }
  const data = new Uint8Array(picture.data.length);
  for (let i = 0; i < data.length; i++) data[i] = lookup[picture.data[i] ?? 0] ?? 0;
  return raster({ width: picture.width, height: picture.height, channels: 1, data });
}

function usedRange(
  samples: Uint16Array,
  bitDepth: number | undefined,
): [low: number, high: number] {
  if (bitDepth === undefined) {
    let [low, high] = [65_535, 0];
    for (const sample of samples) {
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    return [low, high];
  }
  if (!Number.isInteger(bitDepth) || bitDepth < 1 || bitDepth > 16) {
    throw new RangeError(
      `Cannot scale 16-bit samples: the bit depth must be a whole number in 1 … 16, current value is ${bitDepth}`,
    );
  }
  return [0, 2 ** bitDepth - 1];
}
