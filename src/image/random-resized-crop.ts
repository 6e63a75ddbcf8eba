/** @file torchvision's `RandomResizedCrop`: which part of a picture a training view shows. */
import type { CropBox } from "./geometry.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { resample } from "./resample.ts";
import type { Interpolation } from "./resample-weights.ts";
import { roundHalfEven } from "./round-half-even.ts";

/** A source of numbers in [0, 1), such as `() => stream.uniform()`. */
export type Draw = () => number;

/** From what a crop is drawn. */
export interface CropRange {
  /** Least and greatest share of the picture's area. */
  readonly scale: readonly [least: number, greatest: number];
  /** Least and greatest ratio of width to height; drawn evenly on a logarithmic scale. */
  readonly ratio: readonly [least: number, greatest: number];
}

const TRIES = 10;

/**
 * Draws a crop. Up to ten tries, each of two draws (area, then ratio); the first that fits takes two more (top, then
 * left). After ten misses, with no further draw, the middle of the picture at the nearest allowed ratio.
 * @throws {RangeError} when a range is not positive and ascending
 */
export function drawCropBox(picture: PixelSize, { scale, ratio }: CropRange, draw: Draw): CropBox {
  requireRange(scale, "scale");
  requireRange(ratio, "ratio");
  const area = picture.width * picture.height;
  const logLeast = Math.log(ratio[0]);
  const logGreatest = Math.log(ratio[1]);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const target = area * (scale[0] + (scale[1] - scale[0]) * draw());
    const aspect = Math.exp(logLeast + (logGreatest - logLeast) * draw());
    const width = roundHalfEven(Math.sqrt(target * aspect));
    const height = roundHalfEven(Math.sqrt(target / aspect));
    if (width > 0 && width <= picture.width && height > 0 && height <= picture.height) {
      const top = Math.floor(draw() * (picture.height - height + 1));
      const left = Math.floor(draw() * (picture.width - width + 1));
      return { left, top, width, height };
    }
  }
  return middleBox(picture, ratio);
}

function middleBox(picture: PixelSize, ratio: CropRange["ratio"]): CropBox {
  let { width, height } = picture;
  const least = Math.min(...ratio);
  const greatest = Math.max(...ratio);
  if (picture.width / picture.height < least) height = roundHalfEven(width / least);
  else if (picture.width / picture.height > greatest) width = roundHalfEven(height * greatest);
  const left = Math.floor((picture.width - width) / 2);
  const top = Math.floor((picture.height - height) / 2);
  return { left, top, width, height };
}

function requireRange([least, greatest]: readonly [number, number], name: string): void {
  if (!(least > 0 && least <= greatest && greatest < Infinity)) {
    throw new RangeError(
      `Cannot draw a crop: ${name} must be two positive numbers in ascending order, current value is [${least}, ${greatest}]`,
    );
  }
}

/** A drawn crop and where to resample it to. */
export interface RandomResizedCropOptions extends CropRange {
  /** Side of the square result, in pixels. */
  readonly size: number;
  /** The filter. */
  readonly interpolation: Interpolation;
}

/** Draws a crop (`drawCropBox`) and resamples it to a square. */
export function randomResizedCrop(
  source: Raster,
  { size, interpolation, ...range }: RandomResizedCropOptions,
  draw: Draw,
): { readonly image: Raster; readonly box: CropBox } {
  const box = drawCropBox(source, range, draw);
  return { image: resample(source, { box, width: size, height: size, interpolation }), box };
}
