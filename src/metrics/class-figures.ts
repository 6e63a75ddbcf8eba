/** @file The figures of one class against all others, as statistics of its samples. */
import { rankedAuroc } from "./auroc.ts";
import { rankedAveragePrecision } from "./average-precision.ts";
import { brierScore, expectedCalibrationError } from "./calibration.ts";
import { decide, decisionFigures } from "./decisions.ts";
import type { ClassFigureName, Values } from "./figures.ts";
import { countLabels } from "./known-labels.ts";
import type { ClassColumn } from "./predictions.ts";
import { rankCounts, rankSamples, type SampleCounts } from "./ranking.ts";

/** The figures of a class on any resample of its samples. */
export type ClassStatistics = (counts: SampleCounts) => Values<ClassFigureName>;

/**
 * The statistics of a class's figures; those of decisions are undefined without a threshold.
 * @throws {RangeError} as `rankSamples`
 */
export function classStatistics(
  column: ClassColumn,
  threshold: number | undefined,
): ClassStatistics {
  const ranking = rankSamples(column.scores, column.labels, "compute the figures of a class");
  const ranked = new Float64Array(ranking.samples.length);
  const claims = { probabilities: column.scores, outcomes: column.labels };
  return (counts) => {
    rankCounts(ranking, counts, ranked);
    return {
      auroc: rankedAuroc(ranking, ranked),
      averagePrecision: rankedAveragePrecision(ranking, ranked),
      brier: brierScore(claims, counts),
      ece: expectedCalibrationError(claims, counts),
      ...(threshold === undefined ? UNDECIDED : decisionFigures(decide(column, threshold, counts))),
    };
  };
}

const UNDECIDED = {
  sensitivity: undefined,
  specificity: undefined,
  precision: undefined,
  f1: undefined,
  balancedAccuracy: undefined,
} as const;

/**
 * What the prevalence alone reaches. A score that is the same for all: AUROC 0.5, average precision and Brier score those of
 * the prevalence p as probability, p and p(1 − p). Deciding "present" for all: F1 2p / (1 + p), precision p, balanced accuracy
 * 0.5. Sensitivity and specificity have none of their own (one of them is 1 for the asking), nor has the calibration error,
 * which is 0 for the prevalence.
 */
export function classFloors({ labels }: ClassColumn): Values<ClassFigureName> {
  const { positives, negatives } = countLabels(labels);
  const known = positives + negatives;
  const prevalence = known === 0 ? undefined : positives / known;
  const both = positives > 0 && negatives > 0;
  const from = (compute: (p: number) => number): number | undefined =>
    prevalence === undefined ? undefined : compute(prevalence);
  const ofBoth = (compute: (p: number) => number): number | undefined =>
    both ? from(compute) : undefined;
  return {
    auroc: both ? 0.5 : undefined,
    averagePrecision: ofBoth((p) => p),
    brier: from((p) => p * (1 - p)),
    ece: undefined,
    f1: ofBoth((p) => (2 * p) / (1 + p)),
    sensitivity: undefined,
    specificity: undefined,
    precision: ofBoth((p) => p),
    balancedAccuracy: both ? 0.5 : undefined,
  };
}
