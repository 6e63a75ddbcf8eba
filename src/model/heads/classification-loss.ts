/** @file What a classifier minimises (SPEC 4.1): a mean over the labels that are known. */
import type { Tensor } from "../../engine/tensor.ts";
import { binaryCrossEntropyWithLogits, crossEntropy, weightedMean } from "../../nn/losses.ts";

/** Any number of classes may be present in a record, or exactly one of them is. */
export type ClassificationTask = "multi-label" | "single-label";

/** Labels of a batch for any number of classes a record. */
export interface MultiLabels {
  /** f32 [B, C] in [0, 1]: whether the class is present. */
  readonly targets: Tensor;
  /** f32 [B, C]: 1 where the label is known, else 0; unknown ones count neither in the loss nor in its mean. */
  readonly known: Tensor;
  /** f32 [C]: how much more a present class counts than an absent one; 1 by default. */
  readonly positiveWeight?: Tensor;
}

/** Labels of a batch for one class a record. */
export interface SingleLabels {
  /** i64 [B]: the class's number; any valid one where it is not known. */
  readonly target: Tensor;
  /** f32 [B]: 1 where the class is known, else 0. */
  readonly known: Tensor;
}

/** Binary cross-entropy of logits [B, C], the mean over all labels of the batch that are known; 0 when none is. */
export function multiLabelLoss(
  logits: Tensor,
  { targets, known, positiveWeight }: MultiLabels,
): Tensor {
  return weightedMean(binaryCrossEntropyWithLogits(logits, targets, positiveWeight), known);
}

/** Cross-entropy of logits [B, C], the mean over the records whose class is known; 0 when none is. */
export function singleLabelLoss(logits: Tensor, { target, known }: SingleLabels): Tensor {
  return weightedMean(crossEntropy(logits, target), known);
}
