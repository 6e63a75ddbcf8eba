/** @file Batch normalisation with its parameters and running statistics, and a convolution with one behind it. */
import { add, div, mul, sqrt, sub } from "../engine/ops/elementwise.ts";
import { reshape } from "../engine/ops/layout.ts";
import { batchNormalization, perChannel, valuesPerChannel } from "../engine/ops/normalize.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import { type ConvParameters, type ConvShape, convolve, convParameters } from "./conv.ts";
import { constant } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/** How a batch normalisation acts. The numbers that are left out are PyTorch's. */
export interface BatchNormOptions {
  /** By the batch's own statistics, which then move the running ones; else by the running ones. */
  readonly training: boolean;
  /** Added to the variance; 1e-5 when absent. */
  readonly epsilon?: number;
  /** The weight of a batch in the running statistics; 0.1 when absent. */
  readonly momentum?: number;
}

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** Parameters and running statistics, each [C]. */
interface NormParameters {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Declares all of them, in both modes: evaluation has the same checkpoint. */
function normParameters(s: Scope, channels: number): NormParameters & { readonly count: Tensor } {
  return {
    weight: s.param("weight", [channels], constant(1)),
    bias: s.param("bias", [channels], constant(0)),
    mean: s.buffer("running_mean", [channels], constant(0)),
    variance: s.buffer("running_var", [channels], constant(1)),
    count: s.buffer("num_batches_tracked", [], constant(0)),
  };
}

/**
 * Normalises every channel of x [B, C, H, W]; `weight` starts at 1, `bias` at 0, `running_mean` at 0, `running_var` at 1.
 * The batch is normalised by its variance over n values; the running variance takes that over n − 1, as in PyTorch.
 */
export function batchNorm(s: Scope, x: Tensor, options: BatchNormOptions): Tensor {
  return s.build(() => {
    if (options.training) return normalizeByBatch(s, x, options);
    const { scale, shift } = foldedNorm(normParameters(s, x.shape[1] ?? 0), options);
    return add(mul(x, perChannel(scale)), perChannel(shift));
  });
}

function normalizeByBatch(
  s: Scope,
  x: Tensor,
  { epsilon = EPSILON, momentum = MOMENTUM }: BatchNormOptions,
): Tensor {
  const running = normParameters(s, x.shape[1] ?? 0);
  const { y, mean, variance } = batchNormalization(x, running.weight, running.bias, { epsilon });
  const count = valuesPerChannel(x);
  const towards = (old: Tensor, now: Tensor, factor: number): Tensor =>
    add(mul(old, scalar(1 - momentum)), mul(now, scalar(momentum * factor)));
  s.moveBuffer("running_mean", towards(running.mean, mean, 1));
  s.moveBuffer("running_var", towards(running.variance, variance, count / (count - 1)));
  s.moveBuffer("num_batches_tracked", add(running.count, scalar(1)));
  return y;
}

/** Evaluation is an affine map of every channel: x·scale + shift. */
function foldedNorm(
  { weight, bias, mean, variance }: NormParameters,
  { epsilon = EPSILON }: BatchNormOptions,
): { readonly scale: Tensor; readonly shift: Tensor } {
  const scale = div(weight, sqrt(add(variance, scalar(epsilon))));
  return { scale, shift: sub(bias, mul(mean, scale)) };
}

/** Where a convolution and the normalisation behind it stand: checkpoints name the pair in several ways. */
export interface ConvNormScopes {
  readonly conv: Scope;
  readonly norm: Scope;
}

/**
 * A convolution with a batch normalisation behind it. In evaluation it is a single convolution, whose weight and bias have the
 * normalisation in them.
 */
export function convBatchNorm(
  { conv, norm }: ConvNormScopes,
  x: Tensor,
  options: ConvShape & BatchNormOptions,
): Tensor {
  const parameters = conv.build(() => convParameters(conv, x.shape[1] ?? 0, options));
  if (options.training) {
    const y = conv.build(() => convolve(x, parameters, options));
    return norm.build(() => normalizeByBatch(norm, y, options));
  }
  const { scale, shift } = norm.build(() =>
    foldedNorm(normParameters(norm, options.channels), options),
  );
  return conv.build(() => convolve(x, foldInto(parameters, { scale, shift }), options));
}

function foldInto(
  { weight, bias }: ConvParameters,
  { scale, shift }: { readonly scale: Tensor; readonly shift: Tensor },
): ConvParameters {
  return {
    weight: mul(weight, reshape(scale, [scale.shape[0] ?? 0, 1, 1, 1])),
    bias: bias === undefined ? shift : add(mul(bias, scale), shift),
  };
}
