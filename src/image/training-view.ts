/** @file The view of a radiograph that pre-training sees: cropped, resized, perhaps flipped, grey. */
import type { ViewFrame } from "./attention-window.ts";
import { flipHorizontal } from "./geometry.ts";
import { mergeEqualChannels, toGrayscale } from "./grayscale.ts";
import type { CropRange, Draw } from "./random-resized-crop.ts";
import { randomResizedCrop } from "./random-resized-crop.ts";
import type { Raster } from "./raster.ts";
import type { Interpolation } from "./resample-weights.ts";

/** How a view is drawn. The defaults are the paper's for pre-training. */
export interface TrainingViewOptions extends Partial<CropRange> {
  /** Side of the square view, in pixels. Default 448. */
  readonly size?: number;
  /** The filter. Default `bicubic`. */
  readonly interpolation?: Interpolation;
  /**
   * `image`: the view is flipped with probability ½. `none`: never, since a flip exchanges left and right while the report
   * keeps its words. Default `none`.
   */
  readonly flip?: "image" | "none";
}

/** A view, and how it lies in its picture: what a window or a box needs to move with it. */
export interface TrainingView extends ViewFrame {
  /** Grey, `size` × `size`. */
  readonly image: Raster;
}

const DEFAULTS = {
  size: 448,
  scale: [0.2, 1],
  ratio: [3 / 4, 4 / 3],
  interpolation: "bicubic",
  flip: "none",
} as const satisfies TrainingViewOptions;

/**
 * Draws a training view. Order of draws: those of the crop (`drawCropBox`: 2 for each try, then top and left), then,
 * where `flip` is `image`, one for the flip (flipped when below ½).
 * @param picture grey or RGB; RGB becomes grey after it is resampled
 * @param draw numbers in [0, 1)
 */
export function trainingView(
  picture: Raster,
  options: TrainingViewOptions,
  draw: Draw,
): TrainingView {
  const { flip, ...cropping } = { ...DEFAULTS, ...options };
  const { image, box } = randomResizedCrop(mergeEqualChannels(picture), cropping, draw);
  const grey = toGrayscale(image);
  const flipped = flip === "image" && draw() < 0.5;
  const { width, height } = picture;
  return {
    image: flipped ? flipHorizontal(grey) : grey,
    ...{ box, picture: { width, height }, flipped },
  };
}
