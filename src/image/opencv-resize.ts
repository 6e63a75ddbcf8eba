/**
 * @file OpenCV's `resize` of the published downstream programs (SPEC 2): bilinear without antialiasing, area, nearest. Bytes are
 * equal to those of OpenCV 4.10 in its fixed-point and f32 arithmetic; of f32 pictures only the last bit may differ.
 */
import { takePixels } from "./geometry.ts";
import { areaAxis, cornerSamples, coveringAxis, linearAxis, wholeScale } from "./opencv-axis.ts";
import { areaMeans, blockMeans, interpolateBytes, interpolateFloats } from "./opencv-kernels.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster, requireSize } from "./raster.ts";
import { roundHalfEven } from "./round-half-even.ts";

/** A picture of one channel in f32, such as a mask whose edges may be fractions. */
export interface FloatPlane extends PixelSize {
  /** `[height, width]`, row-major. */
  readonly data: Float32Array;
}

const ATTEMPT = "resize a picture";

/**
 * Stretches a picture between its two nearest samples, `INTER_LINEAR`: the ratio of its sides is not kept, and where it
 * shrinks, samples in between are passed over. At exactly half the size it is the mean of four pixels.
 * @throws {RangeError} when a side is not a whole number from 1
 */
export function resizeLinear(source: Raster, { width, height }: PixelSize): Raster {
  requireSize({ width, height }, ATTEMPT);
  if (source.width === 2 * width && source.height === 2 * height) {
    return resizeArea(source, { width, height });
  }
  if (source.width === width && source.height === height) return source;
  const columns = linearAxis({ from: source.width, to: width });
  const rows = linearAxis({ from: source.height, to: height });
  return asRaster(source, { width, height }, interpolateBytes(source, columns, rows));
}

/**
 * Resizes a picture to means of what each new pixel covers, `INTER_AREA`. If either axis grows, both become steps with
 * blended boundaries, and nothing is averaged.
 * @throws {RangeError} when a side is not a whole number from 1
 */
export function resizeArea(source: Raster, { width, height }: PixelSize): Raster {
  requireSize({ width, height }, ATTEMPT);
  const across = { from: source.width, to: width };
  const down = { from: source.height, to: height };
  if (width > source.width || height > source.height) {
    const data = interpolateBytes(source, coveringAxis(across), coveringAxis(down));
    return asRaster(source, { width, height }, data);
  }
  const scales = [wholeScale(across), wholeScale(down)] as const;
  const [columns, rows] = scales;
  const sums =
    columns === undefined || rows === undefined
      ? areaMeans(source, areaAxis(across), areaAxis(down))
      : blockMeans(source, columns, rows);
  const isQuarter = columns === 2 && rows === 2; // halves go up there, else to the even number
  const round = isQuarter ? (mean: number) => Math.floor(mean + 0.5) : roundHalfEven;
  return asRaster(source, { width, height }, Uint8Array.from(sums, round));
}

/**
 * `resizeArea` of a picture in f32: nothing is rounded to whole numbers.
 * @throws {RangeError} when a side is not a whole number from 1
 */
export function resizeAreaFloat(plane: FloatPlane, { width, height }: PixelSize): FloatPlane {
  requireSize({ width, height }, ATTEMPT);
  const source = { ...plane, channels: 1 };
  const across = { from: plane.width, to: width };
  const down = { from: plane.height, to: height };
  const data =
    width > plane.width || height > plane.height
      ? interpolateFloats(source, coveringAxis(across), coveringAxis(down))
      : areaMeans(source, areaAxis(across), areaAxis(down));
  return { width, height, data };
}

/**
 * `resizeLinear` of a picture in f32, such as a plane of probabilities: nothing is rounded to whole numbers, and nothing averaged at
 * half the size.
 * @throws {RangeError} when a side is not a whole number from 1
 */
export function resizeLinearFloat(plane: FloatPlane, { width, height }: PixelSize): FloatPlane {
  requireSize({ width, height }, ATTEMPT);
  const columns = linearAxis({ from: plane.width, to: width });
  const rows = linearAxis({ from: plane.height, to: height });
  return { width, height, data: interpolateFloats({ ...plane, channels: 1 }, columns, rows) };
}

/**
 * Resizes by taking single samples, `INTER_NEAREST`: the one at ⌊i · from / to⌋, not the nearest to the middle.
 * @throws {RangeError} when a side is not a whole number from 1
 */
export function resizeNearest(source: Raster, { width, height }: PixelSize): Raster {
  requireSize({ width, height }, ATTEMPT);
  return takePixels(source, {
    columns: cornerSamples({ from: source.width, to: width }),
    rows: cornerSamples({ from: source.height, to: height }),
  });
}

function asRaster({ channels }: Raster, size: PixelSize, data: Uint8Array): Raster {
  return raster({ ...size, channels, data });
}
