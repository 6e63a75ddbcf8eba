/** @file The view of a radiograph that nothing is drawn for: resized, its middle, grey (SPEC 4.1). */
import { centerCrop, shorterSideSize } from "./geometry.ts";
import { mergeEqualChannels, toGrayscale } from "./grayscale.ts";
import type { Raster } from "./raster.ts";
import { resample } from "./resample.ts";

/** Sizes of an evaluation view, in pixels. */
export interface EvaluationViewOptions {
  /** Side of the square view. */
  readonly size: number;
  /** The shorter side of the picture before its middle is cut out; `size` by default, so that nothing of that side is lost. */
  readonly shorterSide?: number;
}

/** Resizes the shorter side (bilinear, antialiased), cuts out the middle and makes it grey: `size` × `size`. */
export function evaluationView(
  picture: Raster,
  { size, shorterSide = size }: EvaluationViewOptions,
): Raster {
  const merged = mergeEqualChannels(picture);
  const resized = resample(merged, {
    ...shorterSideSize(merged, shorterSide),
    interpolation: "bilinear",
  });
  return toGrayscale(centerCrop(resized, { width: size, height: size }));
}
