/** @file A convolution with its parameters. */
import { conv2d } from "../engine/ops/conv.ts";
import type { Tensor } from "../engine/tensor.ts";
import { convDefaultUniform } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/** A 3×3 convolution that keeps height and width: x [B, I, H, W] → [B, channels, H, W]. Starts as PyTorch's default. */
export function conv3x3(s: Scope, x: Tensor, channels: number): Tensor {
  return s.build(() => {
    const inputs = x.shape[1] ?? 0;
    const rule = convDefaultUniform(inputs * 9);
    const weight = s.param("weight", [channels, inputs, 3, 3], rule);
    const bias = s.param("bias", [channels], rule);
    return conv2d(x, weight, bias, { padding: 1 });
  });
}
