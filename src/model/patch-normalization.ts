/** @file Patches in units of their own mean and deviation, the target that MAE calls `norm_pix_loss`. */
import { add, div, mul, sqrt, sub } from "../engine/ops/elementwise.ts";
import { reduceMean } from "../engine/ops/reduce.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";

/** Added to the variance, as MAE does: a patch of one grey level has none. */
const EPSILON = 1e-6;

/** Mean and √(variance + ε) of every patch of x [B, N, P], each [B, N, 1]; the variance is the unbiased one. */
function statistics(x: Tensor): { readonly mean: Tensor; readonly deviation: Tensor } {
  const values = x.shape.at(-1) ?? 0;
  const mean = reduceMean(x, { axes: [2], keepDims: true });
  const centred = sub(x, mean);
  const biased = reduceMean(mul(centred, centred), { axes: [2], keepDims: true });
  const variance = mul(biased, scalar(values / (values - 1)));
  return { mean, deviation: sqrt(add(variance, scalar(EPSILON))) };
}

/** (x − mean) / √(variance + ε) of every patch: x [B, N, P]. */
export function normalizePatches(x: Tensor): Tensor {
  const { mean, deviation } = statistics(x);
  return div(sub(x, mean), deviation);
}

/**
 * Predicted patches back in grey levels, by the statistics of the true ones: both [B, N, P]. What is made of them (super-resolution,
 * pictures) has so been told the mean and deviation of removed patches, which a model of plain pixels has to predict.
 */
export function denormalizePatches(predicted: Tensor, truth: Tensor): Tensor {
  const { mean, deviation } = statistics(truth);
  return add(mul(predicted, deviation), mean);
}
