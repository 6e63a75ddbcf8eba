/** @file Decisions at a threshold and the figures of them: sensitivity, specificity, precision, F1, balanced accuracy. */
import type { ClassColumn } from "./predictions.ts";
import type { SampleCounts } from "./ranking.ts";

/** How often a finding was decided to be present or absent, rightly (true) or wrongly (false). */
export interface DecisionCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/**
 * Figures of decisions; each is undefined where nothing determines it. What a class that is never present, or never absent, makes
 * of precision and F1 is fixed by that alone (0 after one false alarm, a precision of 1): they need both.
 */
export interface DecisionFigures {
  /** Also recall, or the true positive rate. */
  readonly sensitivity: number | undefined;
  readonly specificity: number | undefined;
  /** Also the positive predictive value. Undefined when nothing is decided to be present, too. */
  readonly precision: number | undefined;
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: number | undefined;
  /** The mean of sensitivity and specificity. */
  readonly balancedAccuracy: number | undefined;
}

/** Counts decisions "present where the score is at least the threshold" over samples of known label. */
export function decide(
  { scores, labels }: ClassColumn,
  threshold: number,
  counts: SampleCounts,
): DecisionCounts {
  let truePositives = 0;
  let falsePositives = 0;
  let trueNegatives = 0;
  let falseNegatives = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    const times = counts[i] ?? 0;
    const present = (scores[i] ?? Number.NaN) >= threshold;
    if (label === 1) {
      if (present) truePositives += times;
      else falseNegatives += times;
    } else if (label === 0) {
      if (present) falsePositives += times;
      else trueNegatives += times;
    }
  }
  return { truePositives, falsePositives, trueNegatives, falseNegatives };
}

/** The figures of counted decisions. */
export function decisionFigures(decisions: DecisionCounts): DecisionFigures {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = decisions;
  const sensitivity = ratio(truePositives, truePositives + falseNegatives);
  const specificity = ratio(trueNegatives, trueNegatives + falsePositives);
  if (sensitivity === undefined || specificity === undefined) {
    return { sensitivity, specificity, ...ONE_SIDED };
  }
  return {
    sensitivity,
    specificity,
    precision: ratio(truePositives, truePositives + falsePositives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    balancedAccuracy: (sensitivity + specificity) / 2,
  };
}

const ONE_SIDED = { precision: undefined, f1: undefined, balancedAccuracy: undefined } as const;

function ratio(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
