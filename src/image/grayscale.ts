/** @file Colour to grey, as Pillow's `convert("L")`. */
import type { Raster } from "./raster.ts";
import { raster } from "./raster.ts";

/**
 * The luma of ITU-R BT.601 in 16-bit fixed point: (19595 R + 38470 G + 7471 B + 2¹⁵) ≫ 16. The three weights sum to 2¹⁶,
 * so a picture of equal channels keeps its values. A grey picture is returned as it is.
 */
export function toGrayscale(source: Raster): Raster {
  if (source.channels === 1) return source;
  const { width, height, data } = source;
  const grey = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3) {
    const luma =
      19_595 * (data[from] ?? 0) + 38_470 * (data[from + 1] ?? 0) + 7471 * (data[from + 2] ?? 0);
    grey[i] = (luma + 0x8000) >> 16;
  }
  return raster({ width, height, channels: 1, data: grey });
}

/**
 * One channel instead of three equal ones, as radiographs are often stored; any other picture as it is. Every
 * transform of this folder gives the same grey values either way, at a third of the work.
 */
export function mergeEqualChannels(source: Raster): Raster {
  if (source.channels === 1) return source;
  const { width, height, data } = source;
  const grey = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3) {
    const red = data[from] ?? 0;
    if (data[from + 1] !== red || data[from + 2] !== red) return source;
    grey[i] = red;
  }
  return raster({ width, height, channels: 1, data: grey });
}
