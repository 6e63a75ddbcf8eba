/** @file The three losses of pre-training and their sum (SPEC 3.3 and 3.4). */
import { add, mul } from "../engine/ops/elementwise.ts";
import { reshape } from "../engine/ops/layout.ts";
import { reduceMean } from "../engine/ops/reduce.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import { crossEntropy, maskedSquareMean, weightedMean } from "../nn/losses.ts";
import { sizeOf } from "../util/nd-array.ts";

/** The three losses, each a scalar. */
export interface EcampLosses {
  readonly mim: Tensor;
  readonly res: Tensor;
  readonly mlm: Tensor;
}

/** What the pixel losses compare, and what they are means over. */
export interface Counting {
  /** Over all pixels, those that do not count as zeros, or over the pixels that count. */
  readonly pixelMean: "all" | "counted";
  /** Is the target of a patch its pixels, or its pixels normalised by their own mean and variance (MAE's `norm_pix_loss`)? */
  readonly normalizedPatches: boolean;
}

/** Means over every pixel, of plain pixels. */
export const EVERY_ELEMENT: Counting = { pixelMean: "all", normalizedPatches: false };

/** Factors of the three losses in their sum. */
export interface LossWeights {
  readonly mim: number;
  readonly res: number;
  readonly mlm: number;
}

/** The squared error of removed patches: `predicted` and `target` [B, N, p²·3], `patchMask` [B, N]. */
export function maskedImageLoss(
  {
    predicted,
    target,
    patchMask,
  }: { readonly predicted: Tensor; readonly target: Tensor; readonly patchMask: Tensor },
  { pixelMean: over }: Counting,
): Tensor {
  const [batch = 0, patches = 0] = patchMask.shape;
  return maskedSquareMean(predicted, target, {
    mask: reshape(patchMask, [batch, patches, 1]),
    over,
  });
}

/** The squared error inside the window: `resolved` [B, 3, S, S], `big` [B, 1, S, S]. */
export function superResolutionLoss(
  {
    resolved,
    big,
    windowRows,
    windowColumns,
  }: {
    readonly resolved: Tensor;
    readonly big: Tensor;
    /** f32 [B, 1, S, 1] and [B, 1, 1, S] */
    readonly windowRows: Tensor;
    readonly windowColumns: Tensor;
  },
  { pixelMean: over }: Counting,
): Tensor {
  return maskedSquareMean(resolved, big, { mask: mul(windowRows, windowColumns), over });
}

/**
 * Weighted cross-entropy of words: with `logits` [B, T, V] the mean over all B·T places, with [W, V] Σ w·CE / Σ w, so that
 * places of weight 0 fill up a batch without counting. The mean is that of a micro-batch: where several make an update, the update
 * is the mean of their means.
 */
export function maskedLanguageLoss(
  logits: Tensor,
  { labels, tokenWeights }: { readonly labels: Tensor; readonly tokenWeights: Tensor },
): Tensor {
  const rows = sizeOf(labels.shape);
  const words = reshape(logits, [rows, logits.shape.at(-1) ?? 0]);
  const losses = crossEntropy(words, reshape(labels, [rows]));
  const weights = reshape(tokenWeights, [rows]);
  return labels.shape.length === 1
    ? weightedMean(losses, weights)
    : reduceMean(mul(losses, weights));
}

/** What is minimised: the three, each times its weight. */
export function totalLoss(
  { mim, res, mlm }: EcampLosses,
  weights: LossWeights = { mim: 1, res: 1, mlm: 1 },
): Tensor {
  const weighted = (loss: Tensor, weight: number): Tensor =>
    weight === 1 ? loss : mul(loss, scalar(weight));
  return add(
    add(weighted(mim, weights.mim), weighted(res, weights.res)),
    weighted(mlm, weights.mlm),
  );
}
