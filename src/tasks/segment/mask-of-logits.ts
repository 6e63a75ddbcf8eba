/** @file From what a segmenter says of its square image to a mask of the picture. */
import { planeToPicture } from "../../image/dense-boxes.ts";
import type { Fit } from "../../image/letterbox.ts";
import type { Mask } from "../../image/mask.ts";
import type { PixelSize } from "../../image/raster.ts";

/** Where the picture lies in the square, and which pixels are in the mask. */
export interface MaskOfLogitsOptions {
  /** Side of the square, in pixels. */
  readonly size: number;
  /** How masks came into the square in training. Default `stretch`. */
  readonly fit?: Fit | undefined;
  /** A pixel belongs to the mask where its probability is greater. Default 0.5. */
  readonly threshold?: number | undefined;
}

/**
 * The mask of a picture: probabilities are brought to the picture's size, bilinear, and cut there.
 * @param logits `[size, size]`
 */
export function maskOfLogits(
  logits: Float32Array,
  { width, height }: PixelSize,
  { size, fit = "stretch", threshold = 0.5 }: MaskOfLogitsOptions,
): Mask {
  const data = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const view = { size, fit };
  const plane = planeToPicture({ width: size, height: size, data }, { width, height }, view);
  const mask = new Uint8Array(width * height);
  for (let i = 0; i < mask.length; i++) mask[i] = (plane.data[i] ?? 0) > threshold ? 1 : 0;
  return { width, height, data: mask };
}
