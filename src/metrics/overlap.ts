/** @file How far a predicted mask and the true one cover each other: Dice and intersection over union of one picture (SPEC 4.2). */

/** Pixels of two masks of one picture. */
export interface Overlap {
  /** Predicted. */
  readonly predicted: number;
  /** In the true mask. */
  readonly truth: number;
  /** In both. */
  readonly both: number;
}

/** A pixel is foreground above it, not at it. */
const THRESHOLD = 0.5;

/**
 * Counts the foreground of two masks: strictly above the threshold, in the truth as in the prediction, since true masks may
 * have fractional edges.
 * @param predicted probabilities, or 0 and 1
 * @param truth as many pixels in the same order
 * @throws {RangeError} when lengths differ or a prediction is NaN
 */
export function countOverlap(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  threshold: number = THRESHOLD,
): Overlap {
  if (predicted.length !== truth.length) {
    throw new RangeError(
      `Cannot compare a predicted mask of ${predicted.length} pixels with a true one of ${truth.length}: expected as many`,
    );
  }
  const counts = { predicted: 0, truth: 0, both: 0 };
  for (let i = 0; i < truth.length; i++) {
    const value = predicted[i] ?? Number.NaN;
    if (Number.isNaN(value)) throw new RangeError(`Cannot compare masks: prediction ${i} is NaN`);
    const isTrue = (truth[i] ?? 0) > threshold;
    if (isTrue) counts.truth++;
    if (value <= threshold) continue;
    counts.predicted++;
    if (isTrue) counts.both++;
  }
  return counts;
}

/**
 * Dice's coefficient 2|A ∩ B| / (|A| + |B|), without smoothing. Where both masks are empty it is 1: nothing was to be found and
 * nothing was. Where one is, it is 0.
 */
export function diceScore({ predicted, truth, both }: Overlap): number {
  return predicted + truth === 0 ? 1 : (2 * both) / (predicted + truth);
}

/** Intersection over union |A ∩ B| / |A ∪ B|; of empty masks as `diceScore`. */
export function iouScore({ predicted, truth, both }: Overlap): number {
  const either = predicted + truth - both;
  return either === 0 ? 1 : both / either;
}
