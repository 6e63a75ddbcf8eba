/** @file Losses as scalars over symbolic tensors. */
import { mul, sub } from "../engine/ops/elementwise.ts";
import { pickInRows } from "../engine/ops/gather.ts";
import { reshape } from "../engine/ops/layout.ts";
import { reduceLogSumExp, reduceMean } from "../engine/ops/reduce.ts";
import type { Tensor } from "../engine/tensor.ts";

/**
 * −ln softmax(logits)[label] of every row: logits [M, V], labels i64 [M] → [M].
 * Written so that logits and their gradient are the only tensors of that size: ln Σ eˣ − x[label].
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const rows = logits.shape[0] ?? 0;
  const chosen = reshape(pickInRows(logits, reshape(labels, [rows, 1])), [rows]);
  return sub(reduceLogSumExp(logits, { axes: [1] }), chosen);
}

/** mean((x·m − y·m)²) over all elements of x, zeros where the mask is 0 included; `mask` broadcasts. */
export function maskedSquareMean(x: Tensor, y: Tensor, mask: Tensor): Tensor {
  const difference = mul(sub(x, y), mask);
  return reduceMean(mul(difference, difference));
}
