/** @file Layer normalisation, and batch normalisation by the statistics of the batch. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, sameShape, sizeOf } from "../../util/nd-array.ts";
import { applyAll, defineOp, type Op, scalar, type Tensor } from "../tensor.ts";
import { add, div, mul, neg, sqrt, sub } from "./elementwise.ts";
import { reshape, slice } from "./layout.ts";
import { reduceMean, reduceSum } from "./reduce.ts";

type NormInputs = readonly [Tensor, Tensor, Tensor];
type NormOutputs = readonly [Tensor, Tensor, Tensor];
type NormAttrs = { readonly axis: number; readonly epsilon: number };

/**
 * y = x̂·γ + β over the last axis, x̂ = (x − mean)·s, s = 1/√(variance + ε); also returns mean and s.
 * dx = s·(gγ − mean(gγ) − x̂·mean(gγ·x̂)), dγ = Σ g·x̂, dβ = Σ g. Nothing is differentiated through mean and s.
 */
const LayerNormalization: Op<NormInputs, NormAttrs, NormOutputs> = defineOp<
  NormInputs,
  NormAttrs,
  NormOutputs
>({
  type: "LayerNormalization",
  attributes: { axis: "int", epsilon: "float" },
  infer: ([x, scale, bias]) => {
    const fits = (each: Tensor): boolean =>
      sameShape(each.shape, x.shape.slice(-1)) && each.dtype === x.dtype;
    if (x.shape.length === 0 || !fits(scale) || !fits(bias)) {
      throw new ShapeError(
        `Cannot normalise ${describeShape(x)} with scale ${describeShape(scale)} and bias ${describeShape(bias)}`,
      );
    }
    const statistics = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
    return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics];
  },
  vjp: ([g, gMean, gInvStd], [, mean, invStd], [x, scale]) => {
    if (gMean !== null || gInvStd !== null) {
      throw new TypeError(
        "Cannot differentiate through the mean and the inverse deviation of LayerNormalization: they have no gradient",
      );
    }
    if (g === null) return [null, null, null];
    const last = { axes: [-1], keepDims: true };
    const normal = mul(sub(x, mean), invStd); // x̂
    const scaled = mul(g, scale); // gγ
    const along = mul(normal, reduceMean(mul(scaled, normal), last));
    const dx = mul(sub(sub(scaled, reduceMean(scaled, last)), along), invStd);
    return [dx, mul(g, normal), g]; // the walk sums dγ and dβ over the leading axes
  },
});

/** Layer normalisation over the last axis. */
export const layerNormalization = (
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  { epsilon }: { readonly epsilon: number },
): Tensor => applyAll(LayerNormalization, [x, scale, bias], { axis: -1, epsilon })[0];

/** Image, scale, bias, and the running mean and variance that ONNX's operator moves. */
type BatchNormInputs = readonly [Tensor, Tensor, Tensor, Tensor, Tensor];
type BatchNormAttrs = {
  readonly epsilon: number;
  readonly momentum: number;
  readonly training_mode: number;
};

/**
 * y = x̂·γ + β for every channel of x [B, C, H, W], x̂ = (x − mean)·s, s = 1/√(variance + ε), over the other axes; also returns
 * mean and variance (divided by n, not by n − 1).
 * dx = γ·s·(g − mean(g) − x̂·mean(g·x̂)), dγ = Σ g·x̂, dβ = Σ g. Nothing is differentiated through mean and variance.
 *
 * ONNX's operator moves running statistics too, by a variance that is not PyTorch's. With momentum 0 it returns the statistics
 * of the batch.
 */
const BatchNormalization: Op<BatchNormInputs, BatchNormAttrs, NormOutputs> = defineOp<
  BatchNormInputs,
  BatchNormAttrs,
  NormOutputs
>({
  type: "BatchNormalization",
  attributes: { epsilon: "float", momentum: "float", training_mode: "int" },
  infer: ([x, scale]) => {
    const statistics = { dtype: scale.dtype, shape: scale.shape };
    return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics];
  },
  vjp: ([g, gMean, gVariance], [, mean, variance], [x, scale], { epsilon }) => {
    if (gMean !== null || gVariance !== null) {
      throw new TypeError(
        "Cannot differentiate through the mean and the variance of BatchNormalization: they have no gradient",
      );
    }
    if (g === null) return [null, null, null, null, null];
    const count = scalar(valuesPerChannel(x)); // exact in f32, which 1 / n is not
    const invStd = div(scalar(1), sqrt(add(variance, scalar(epsilon))));
    const centred = sub(x, perChannel(mean)); // x̂ / s
    const dBias = reduceSum(g, OVER_CHANNEL);
    const dScale = mul(reduceSum(mul(g, centred), OVER_CHANNEL), invStd);
    // The factors of g, of x − mean and of 1: small tensors first, so that few operators see the whole image.
    const slope = mul(scale, invStd);
    const along = mul(slope, div(mul(dScale, invStd), count));
    const level = mul(slope, div(dBias, count));
    const offset = add(mul(centred, perChannel(along)), perChannel(level));
    return [sub(mul(g, perChannel(slope)), offset), dScale, dBias, null, null];
  },
});

const OVER_CHANNEL = { axes: [0, 2, 3] };

/** Numbers that the statistics of a channel are taken over. */
export const valuesPerChannel = (x: Tensor): number => sizeOf(x.shape) / (x.shape[1] ?? 1);

/** One number a channel, [C], as it broadcasts over [B, C, H, W]. */
export const perChannel = (x: Tensor): Tensor => reshape(x, [x.shape[0] ?? 0, 1, 1]);

/** An image normalised by its batch, and by which statistics, each [C]. */
export interface BatchNormalized {
  readonly y: Tensor;
  readonly mean: Tensor;
  /** Divided by the number of values, not by one less. */
  readonly variance: Tensor;
}

/**
 * Normalises every channel of x [B, C, H, W] by its mean and variance over the batch.
 * @throws {ShapeError} when scale and bias do not fit, or a channel has one value only
 */
export function batchNormalization(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  { epsilon }: { readonly epsilon: number },
): BatchNormalized {
  const attrs = { epsilon, momentum: 0, training_mode: 1 };
  requireChannels(x, scale, bias);
  const [unusedMean, unusedVariance] = zerosOfNode(x, scale, bias);
  const inputs = [x, scale, bias, unusedMean, unusedVariance] as const;
  const [y, mean, variance] = applyAll(BatchNormalization, inputs, attrs);
  return { y, mean, variance };
}

function requireChannels(x: Tensor, scale: Tensor, bias: Tensor): void {
  const fits = (each: Tensor): boolean =>
    sameShape(each.shape, x.shape.slice(1, 2)) && each.dtype === x.dtype;
  if (x.shape.length !== 4 || !fits(scale) || !fits(bias)) {
    throw new ShapeError(
      `Cannot normalise the channels of ${describeShape(x)} with scale ${describeShape(scale)} and bias ${describeShape(bias)}`,
    );
  }
  if (valuesPerChannel(x) < 2) {
    throw new ShapeError(
      `Cannot normalise the channels of ${describeShape(x)} by the batch: one value has no variance, take a larger batch or image`,
    );
  }
}

/**
 * Two tensors of zeros, [C], that belong to one normalisation alone. ONNX Runtime writes the statistics over the running ones
 * that come in, constants and tensors with other readers too: whatever two nodes share would hold the statistics of one.
 */
function zerosOfNode(x: Tensor, scale: Tensor, bias: Tensor): readonly [Tensor, Tensor] {
  const [, channels = 0] = x.shape;
  const pixel = reshape(
    slice(
      x,
      x.shape.map((_, axis) => [0, axis === 1 ? channels : 1]),
    ),
    [channels],
  );
  const own = add(add(pixel, scale), bias);
  const zeros = sub(own, own);
  return [zeros, neg(zeros)];
}
