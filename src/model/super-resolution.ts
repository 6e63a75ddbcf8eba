/** @file Context-guided super-resolution: the predicted image at twice its side (SPEC 3.3). */
import { add, relu } from "../engine/ops/elementwise.ts";
import type { Tensor } from "../engine/tensor.ts";
import { conv3x3 } from "../nn/conv.ts";
import { resizeImage } from "../nn/resize.ts";
import type { Scope } from "../nn/scope.ts";
import type { EcampConfig } from "./config.ts";

/** image [B, 3, H, W] → u, bilinear ×2, plus a residual of two convolutions: [B, 3, 2H, 2W]. */
export function superResolution(s: Scope, image: Tensor, config: EcampConfig): Tensor {
  const { bigImageSize: side, finalRelu } = config;
  const channels = image.shape[1] ?? 0;
  const enlarged = resizeImage(image, { height: side, width: side, interpolation: "bilinear" });
  const hidden = relu(conv3x3(s.at("conv1"), enlarged, channels));
  const result = add(conv3x3(s.at("conv2"), hidden, channels), enlarged);
  return s.tap("image", finalRelu ? relu(result) : result);
}
