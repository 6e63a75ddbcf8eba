/** @file Losses as scalars over symbolic tensors. */
import { add, div, greater, mul, neg, softplus, sub, where } from "../engine/ops/elementwise.ts";
import { pickInRows } from "../engine/ops/gather.ts";
import { reshape } from "../engine/ops/layout.ts";
import { reduceLogSumExp, reduceMean, reduceSum } from "../engine/ops/reduce.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import { sizeOf } from "../util/nd-array.ts";

/**
 * −ln softmax(logits)[label] of every row: logits [M, V], labels i64 [M] → [M].
 * Written so that logits and their gradient are the only tensors of that size: ln Σ eˣ − x[label].
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const rows = logits.shape[0] ?? 0;
  const chosen = reshape(pickInRows(logits, reshape(labels, [rows, 1])), [rows]);
  return sub(reduceLogSumExp(logits, { axes: [1] }), chosen);
}

/**
 * −t·ln σ(z) − (1 − t)·ln(1 − σ(z)) of every logit z and target t in [0, 1], of one shape.
 * Written with ln(1 + eˣ) on either side, so that nothing overflows and no digit of a small loss is lost.
 *
 * @param positiveWeight factor of the first term, broadcast: rare findings count more above 1
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  positiveWeight: Tensor = scalar(1),
): Tensor {
  const present = mul(mul(targets, positiveWeight), softplus(neg(logits)));
  return add(present, mul(sub(scalar(1), targets), softplus(logits)));
}

/** How a masked mean is taken. */
export interface MaskedMeanOptions {
  /** 1 where an element counts, else 0; broadcasts to x. */
  readonly mask: Tensor;
  /** Divide by the number of all elements, or by the number of those that count (by 1 where there are none). */
  readonly over: "all" | "counted";
}

/** The mean of (x·m − y·m)² over all elements of x, zeros where the mask is 0 included, or over those that count. */
export function maskedSquareMean(x: Tensor, y: Tensor, { mask, over }: MaskedMeanOptions): Tensor {
  const difference = mul(sub(x, y), mask);
  const mean = reduceMean(mul(difference, difference));
  if (over === "all") return mean;
  // Σ m over the elements of x is |x| times the mean of m: the two numbers of elements cancel.
  return div(mean, positiveOr(reduceMean(mask), 1 / sizeOf(x.shape)));
}

/** Σ w·x / Σ w of x and weights w ≥ 0, of one shape; 0 where all weights are 0. */
export function weightedMean(x: Tensor, weights: Tensor): Tensor {
  return div(reduceSum(mul(x, weights)), positiveOr(reduceSum(weights), 1));
}

/** A scalar where it is above 0, else `otherwise`. */
function positiveOr(x: Tensor, otherwise: number): Tensor {
  return where(greater(x, scalar(0)), x, scalar(otherwise));
}
