/** @file Grey levels to the numbers a model sees: torchvision's `ToTensor` and `Normalize`. */
import type { NdArray } from "../util/nd-array.ts";
import { ndArray } from "../util/nd-array.ts";
import type { Raster } from "./raster.ts";

/** One value for all channels. */
export interface Normalization {
  /** Subtracted from samples in [0, 1]. */
  readonly mean: number;
  /** What the difference is divided by. */
  readonly std: number;
}

/**
 * (u8 / 255 − mean) / std, every step rounded to f32 as PyTorch does it: for tests and for replays. In training the
 * graph normalises, from u8.
 * @returns f32 `[channels, height, width]`
 */
export function normalize(
  { width, height, channels, data }: Raster,
  { mean, std }: Normalization,
): NdArray<"f32"> {
  const [mean32, std32] = [Math.fround(mean), Math.fround(std)];
  const lookup = Float32Array.from({ length: 256 }, (_, level) => {
    return Math.fround(Math.fround(level / 255) - mean32) / std32;
  });
  const plane = width * height;
  const out = new Float32Array(channels * plane);
  for (let pixel = 0, from = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      out[channel * plane + pixel] = lookup[data[from++] ?? 0] ?? 0;
    }
  }
  return ndArray("f32", [channels, height, width], out);
}
