/**
 * @file A picture warped and then resized, as OpenCV does one after the other: of the warped picture only those pixels are made that the
 * resizing looks at, since a radiograph has some 40 times as many.
 */

import { takePixels } from "./geometry.ts";
import { type AffineMatrix, warpAffine } from "./opencv-affine.ts";
import { cornerSamples, type LinearAxis, linearAxis, middleSamples } from "./opencv-axis.ts";
import { interpolateBytes } from "./opencv-kernels.ts";
import { resizeLinear } from "./opencv-resize.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster, requireSize } from "./raster.ts";

const ATTEMPT = "resize a warped picture";

/** Which sample stands for a new pixel: the one in which its middle lies, or, as in OpenCV, the one at its first corner. */
export type PixelPoint = "middle" | "corner";

/**
 * The bytes of `resizeLinear(warpAffine(source, matrix, "bilinear"), size)`; without a matrix, those of `resizeLinear`.
 * @throws {RangeError} when a side is not a whole number from 1, or the matrix has no inverse
 */
export function warpResizeLinear(
  source: Raster,
  matrix: AffineMatrix | undefined,
  { width, height }: PixelSize,
): Raster {
  requireSize({ width, height }, ATTEMPT);
  if (matrix === undefined) return resizeLinear(source, { width, height });
  if (needsAll(source, { width, height })) {
    return resizeLinear(warpAffine(source, matrix, "bilinear"), { width, height });
  }
  const across = usedSamples(linearAxis({ from: source.width, to: width }), source.width);
  const down = usedSamples(linearAxis({ from: source.height, to: height }), source.height);
  const lines = { columns: across.samples, rows: down.samples };
  const warped = warpAffine(source, matrix, "bilinear", lines);
  const data = interpolateBytes(warped, across.axis, down.axis);
  return raster({ width, height, channels: source.channels, data });
}

/**
 * Warps by taking single samples, and resizes by taking single ones of those.
 * @throws {RangeError} when a side is not a whole number from 1, or the matrix has no inverse
 */
export function warpResizeNearest(
  source: Raster,
  matrix: AffineMatrix | undefined,
  { width, height, point }: PixelSize & { readonly point: PixelPoint },
): Raster {
  requireSize({ width, height }, ATTEMPT);
  const samples = point === "middle" ? middleSamples : cornerSamples;
  const lines = {
    columns: samples({ from: source.width, to: width }),
    rows: samples({ from: source.height, to: height }),
  };
  if (matrix === undefined) return takePixels(source, lines);
  return warpAffine(source, matrix, "nearest", lines);
}

/** At the same size, and at exactly half of it, `resizeLinear` does not interpolate. */
function needsAll(source: PixelSize, { width, height }: PixelSize): boolean {
  const times = source.width / width;
  return (times === 1 || times === 2) && source.height === times * height;
}

/** The samples of an axis that are neighbours of some output sample, and the axis over those alone. */
function usedSamples(
  { starts, fractions }: LinearAxis,
  length: number,
): { readonly samples: readonly number[]; readonly axis: LinearAxis } {
  const places = new Map<number, number>();
  const samples: number[] = [];
  // Starts ascend, so the neighbour of one is behind it in the list too.
  for (const start of starts) {
    for (const sample of [start, start + 1]) {
      if (sample < 0 || sample >= length || places.has(sample)) continue;
      places.set(sample, samples.length);
      samples.push(sample);
    }
  }
  return { samples, axis: { starts: starts.map((start) => places.get(start) ?? -1), fractions } };
}
