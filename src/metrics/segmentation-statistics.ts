/** @file The figures of predicted masks over many pictures, as statistics of the pictures: all of them, and those with something to find. */
import type { Grid } from "./distance-transform.ts";
import type { Values } from "./figures.ts";
import { countOverlap, diceScore, iouScore } from "./overlap.ts";
import type { SampleCounts, SampleStatistic } from "./ranking.ts";
import { hausdorff95 } from "./surface-distance.ts";

/** What one predicted mask is worth. */
export interface MaskScore {
  readonly dice: number;
  readonly iou: number;
  /** See `hausdorff95`. */
  readonly hd95: number;
  /** Pixels of the true mask: 0 where there is nothing to find. */
  readonly truePixels: number;
  /** Pixels of the predicted mask. */
  readonly predictedPixels: number;
}

/** A predicted mask and the true one, pixel by pixel. */
export interface MaskPair extends Grid {
  /** Probabilities, or 0 and 1; `[height, width]`. */
  readonly predicted: ArrayLike<number>;
  /** As `predicted`. */
  readonly truth: ArrayLike<number>;
  /** A pixel is foreground strictly above it, on both sides. Default 0.5. */
  readonly threshold?: number;
}

/**
 * Scores one predicted mask.
 * @throws {RangeError} when a mask does not fit the grid, a prediction is NaN, or a spacing is not a positive number
 */
export function scoreMask({ predicted, truth, threshold = 0.5, ...grid }: MaskPair): MaskScore {
  const overlap = countOverlap(predicted, truth, threshold);
  const foreground = (values: ArrayLike<number>): Uint8Array =>
    Uint8Array.from(values, (value) => Number(value > threshold));
  return {
    dice: diceScore(overlap),
    iou: iouScore(overlap),
    hd95: hausdorff95(foreground(predicted), foreground(truth), grid),
    truePixels: overlap.truth,
    predictedPixels: overlap.predicted,
  };
}

/**
 * Figures over pictures. Those of all pictures count an empty prediction of an empty mask as right, which is why predicting nothing
 * has a score; those of positives are over the pictures that have something to find.
 */
export const SEGMENTATION_FIGURES = [
  "dice",
  "dicePositives",
  "iou",
  "iouPositives",
  "hd95",
  "hd95Positives",
] as const;
export type SegmentationFigureName = (typeof SEGMENTATION_FIGURES)[number];

/** The figures on any resample of the pictures. */
export type SegmentationStatistics = (counts: SampleCounts) => Values<SegmentationFigureName>;

/** The statistics of some pictures' scores; undefined where a resample has no picture to take them from. */
export function segmentationStatistics(scores: readonly MaskScore[]): SegmentationStatistics {
  const isPositive = ({ truePixels }: MaskScore): boolean => truePixels > 0;
  const mean = (key: "dice" | "iou" | "hd95", among?: typeof isPositive): SampleStatistic =>
    meanScore(scores, (score) => score[key], among);
  const dice = mean("dice");
  const dicePositives = mean("dice", isPositive);
  const iou = mean("iou");
  const iouPositives = mean("iou", isPositive);
  const hd95 = mean("hd95");
  const hd95Positives = mean("hd95", isPositive);
  return (counts) => ({
    ...{ dice: dice(counts), dicePositives: dicePositives(counts) },
    ...{ iou: iou(counts), iouPositives: iouPositives(counts) },
    ...{ hd95: hd95(counts), hd95Positives: hd95Positives(counts) },
  });
}

/**
 * The mean of a score over pictures, as a statistic of them.
 * @param among of which pictures; all by default. For those with a small lesion: `({ truePixels }) => truePixels > 0 && truePixels < most`
 */
export function meanScore(
  scores: readonly MaskScore[],
  value: (score: MaskScore) => number,
  among: (score: MaskScore) => boolean = () => true,
): SampleStatistic {
  const values = Float64Array.from(scores, value);
  const included = Uint8Array.from(scores, (score) => Number(among(score)));
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      const times = (counts[i] ?? 0) * (included[i] ?? 0);
      sum += times * (values[i] ?? 0);
      total += times;
    }
    return total === 0 ? undefined : sum / total;
  };
}

/**
 * What predicting nothing anywhere scores: the share of empty masks for Dice and intersection over union, 0 over positives (SPEC 5).
 * The distances of empty predictions are those of a convention, hence no floor.
 */
export function segmentationFloors(scores: readonly MaskScore[]): Values<SegmentationFigureName> {
  const empty = scores.filter(({ truePixels }) => truePixels === 0).length;
  const all = scores.length === 0 ? undefined : empty / scores.length;
  const positives = empty < scores.length ? 0 : undefined;
  return {
    ...{ dice: all, dicePositives: positives, iou: all, iouPositives: positives },
    ...{ hd95: undefined, hd95Positives: undefined },
  };
}
