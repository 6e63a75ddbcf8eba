/** @file From grey levels to what the networks see: normalised, and repeated over the channels. */
import { cast, div, sub } from "../engine/ops/elementwise.ts";
import { expand, reshape } from "../engine/ops/layout.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import { CHANNELS } from "./config.ts";

/** The mean and standard deviation of grey levels in [0, 1]. */
export interface Normalization {
  readonly mean: number;
  readonly std: number;
}

/** Grey levels u8 [B, H, W] → (level / 255 − mean) / std, f32 [B, 1, H, W]. */
export function normalizeGrey(image: Tensor, { mean, std }: Normalization): Tensor {
  const [batch = 0, height = 0, width = 0] = image.shape;
  const levels = div(cast(reshape(image, [batch, 1, height, width]), "f32"), scalar(255));
  return div(sub(levels, scalar(mean)), scalar(std));
}

/** One channel [B, 1, H, W] repeated: [B, 3, H, W]. */
export function repeatChannels(grey: Tensor): Tensor {
  const [batch = 0, , height = 0, width = 0] = grey.shape;
  return expand(grey, [batch, CHANNELS, height, width]);
}
