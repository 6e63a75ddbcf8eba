/** @file The figures of single-label decisions, as statistics of their samples. */
import { agreementFigures, confusionCounts } from "./agreement.ts";
import { brierScore, expectedCalibrationError } from "./calibration.ts";
import type { DecisionFigureName, Values } from "./figures.ts";
import { type Predictions, predictedClasses, trueClasses } from "./predictions.ts";
import type { SampleCounts } from "./ranking.ts";

/** The figures of single-label predictions on any resample of their samples. */
export type DecisionStatistics = (counts: SampleCounts) => Values<DecisionFigureName>;

/** The statistics of single-label predictions. */
export function decisionStatistics(predictions: Predictions): DecisionStatistics {
  const { classes, ids, scores, labels } = predictions;
  const width = classes.length;
  const truth = trueClasses(predictions);
  const predicted = predictedClasses(predictions);
  const mostProbable = {
    probabilities: Float64Array.from(ids, (_, i) => scores[i * width + (predicted[i] ?? 0)] ?? 0),
    outcomes: Int8Array.from(ids, (_, i) => {
      const known = truth[i] ?? -1;
      return known < 0 ? -1 : Number(known === predicted[i]);
    }),
  };
  const perClass = classes.map((_, k) => ({
    probabilities: Float64Array.from(ids, (__, i) => scores[i * width + k] ?? 0),
    outcomes: Int8Array.from(ids, (__, i) => labels[i * width + k] ?? -1),
  }));
  return (counts) => {
    const table = confusionCounts({ classes: width, truth, predicted }, counts);
    return {
      ...agreementFigures(table, width),
      brier: sumOf(perClass.map((claims) => brierScore(claims, counts))),
      ece: expectedCalibrationError(mostProbable, counts),
    };
  };
}

/** Brier's score of several outcomes is the sum of those of each (Brier 1950). */
function sumOf(values: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

/**
 * What the prevalences alone reach: always the most frequent class for the decisions, the prevalences as probabilities for the
 * Brier score (Σ p(1 − p)). The most frequent class is taken from what is scored, which no classifier may know: a floor that
 * is, if anything, too high. The calibration error of the prevalences is 0, hence no floor.
 */
export function decisionFloors(predictions: Predictions): Values<DecisionFigureName> {
  const truth = Array.from(trueClasses(predictions)).filter((label) => label >= 0);
  const width = predictions.classes.length;
  const parts = predictions.classes.map(
    (_, k) => truth.filter((label) => label === k).length / truth.length,
  );
  const majority = parts.indexOf(Math.max(...parts));
  const always = { classes: width, truth, predicted: truth.map(() => majority) };
  const table = confusionCounts(
    always,
    truth.map(() => 1),
  );
  return {
    ...agreementFigures(table, width),
    brier: truth.length === 0 ? undefined : parts.reduce((sum, p) => sum + p * (1 - p), 0),
    ece: undefined,
  };
}
