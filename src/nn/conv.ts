/** @file A convolution with its parameters. */
import { conv2d } from "../engine/ops/conv.ts";
import type { Tensor } from "../engine/tensor.ts";
import { ShapeError } from "../util/errors.ts";
import { describeShape } from "../util/nd-array.ts";
import { convDefaultUniform } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/** What a convolution is. */
export interface ConvShape {
  /** Channels that come out. */
  readonly channels: number;
  /** Height and width of the kernel, an odd number: as many zeros stand around the image that a pixel has a whole neighbourhood. */
  readonly size: number;
  /** Pixels from one output to the next; 1 when absent. */
  readonly stride?: number;
  /** Has it a bias? Default true; what a normalisation follows needs none. */
  readonly bias?: boolean;
}

/** The parameters of a convolution. */
export interface ConvParameters {
  /** [O, I, h, w] */
  readonly weight: Tensor;
  /** [O] */
  readonly bias: Tensor | undefined;
}

/** Declares `weight` and, if there is one, `bias`. They start as PyTorch's default. */
export function convParameters(
  s: Scope,
  inputs: number,
  { channels, size, bias = true }: ConvShape,
): ConvParameters {
  const rule = convDefaultUniform(inputs * size * size);
  return {
    weight: s.param("weight", [channels, inputs, size, size], rule),
    bias: bias ? s.param("bias", [channels], rule) : undefined,
  };
}

/**
 * A convolution with given parameters.
 * @throws {ShapeError} when the kernel's size is even
 */
export function convolve(
  x: Tensor,
  { weight, bias }: ConvParameters,
  { size, stride = 1 }: Pick<ConvShape, "size" | "stride">,
): Tensor {
  if (size % 2 !== 1) {
    throw new ShapeError(
      `Cannot convolve ${describeShape(x)} with a kernel of ${size}×${size}: an odd size is expected, so that it has a middle`,
    );
  }
  return conv2d(x, weight, bias, { padding: (size - 1) / 2, stride });
}

/** A convolution: x [B, I, H, W] → [B, channels, ⌈H / stride⌉, ⌈W / stride⌉]. Starts as PyTorch's default. */
export function conv(s: Scope, x: Tensor, shape: ConvShape): Tensor {
  return s.build(() => convolve(x, convParameters(s, x.shape[1] ?? 0, shape), shape));
}

/** A 3×3 convolution that keeps height and width: x [B, I, H, W] → [B, channels, H, W]. */
export const conv3x3 = (s: Scope, x: Tensor, channels: number): Tensor =>
  conv(s, x, { channels, size: 3 });
