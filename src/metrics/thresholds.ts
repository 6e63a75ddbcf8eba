/** @file The threshold of each class, chosen on one set of predictions to be used on another. */
import { classColumn, type Predictions } from "./predictions.ts";
import { rankSamples } from "./ranking.ts";

/** What a threshold is chosen for. */
export type ThresholdRule =
  /** The largest sensitivity + specificity − 1 (Youden 1950). */
  | { readonly kind: "youden" }
  /** The largest F1. */
  | { readonly kind: "f1" }
  /** The largest specificity among thresholds whose sensitivity is at least `at`. */
  | { readonly kind: "sensitivity"; readonly at: number };

/** A threshold, or why there is none. */
export type ChosenThreshold =
  | { readonly threshold: number }
  | { readonly threshold: undefined; readonly reason: string };

/** The thresholds of some classes, by name. */
export type Thresholds = ReadonlyMap<string, ChosenThreshold>;

/**
 * Chooses a threshold a class, from the scores that occur: the finding is then decided to be present where the score is at
 * least the threshold. Of equally good thresholds the highest is taken. Give the predictions of a validation split: a
 * threshold that was chosen on what it is judged by flatters.
 * @throws {RangeError} when the asked sensitivity is no part
 */
export function chooseThresholds(predictions: Predictions, rule: ThresholdRule): Thresholds {
  if (rule.kind === "sensitivity" && !(rule.at > 0 && rule.at <= 1)) {
    throw new RangeError(
      `Cannot choose thresholds for a sensitivity of ${rule.at}: a number above 0, at most 1, expected`,
    );
  }
  return new Map(
    predictions.classes.map((name, k) => {
      const { scores, labels } = classColumn(predictions, k);
      return [name, chooseThreshold(scores, labels, rule)];
    }),
  );
}

/**
 * Chooses one threshold; see `chooseThresholds`.
 * @throws {RangeError} as `rankSamples`
 */
export function chooseThreshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  rule: ThresholdRule,
): ChosenThreshold {
  const ranking = rankSamples(scores, labels, "choose a threshold");
  const all = ranking.labels.length;
  const positives = ranking.labels.reduce((sum, label) => sum + label, 0);
  const negatives = all - positives;
  if (positives === 0 || negatives === 0) {
    const missing = positives === 0 ? "present" : "absent";
    return { threshold: undefined, reason: `it is never ${missing} where thresholds are chosen` };
  }
  let best = { merit: Number.NEGATIVE_INFINITY, threshold: Number.NaN };
  let truePositives = 0;
  let place = 0;
  for (const end of ranking.ends) {
    for (; place < end; place++) truePositives += ranking.labels[place] ?? 0;
    const merit = meritOf(rule, { truePositives, decided: end, positives, negatives });
    if (merit > best.merit) best = { merit, threshold: ranking.scores[end - 1] ?? Number.NaN };
  }
  return { threshold: best.threshold };
}

interface Choice {
  readonly truePositives: number;
  /** How many are decided to be present. */
  readonly decided: number;
  readonly positives: number;
  readonly negatives: number;
}

function meritOf(
  rule: ThresholdRule,
  { truePositives, decided, positives, negatives }: Choice,
): number {
  const sensitivity = truePositives / positives;
  const specificity = 1 - (decided - truePositives) / negatives;
  if (rule.kind === "f1") return (2 * truePositives) / (decided + positives);
  if (rule.kind === "youden") return sensitivity + specificity - 1;
  return sensitivity >= rule.at ? specificity : Number.NEGATIVE_INFINITY;
}
