/** @file Calibration: how far probabilities are from how often what they speak of is so. */
import type { SampleCounts } from "./ranking.ts";

/** Bins of equal width between 0 and 1 (Guo et al. 2017 use as many). */
export const CALIBRATION_BINS = 15;

/** Probabilities that something is so, and whether it was: 1, 0, or −1 where that is unknown. */
export interface Claims {
  readonly probabilities: ArrayLike<number>;
  readonly outcomes: ArrayLike<number>;
}

/** The mean of (probability − outcome)² over what is known (Brier 1950, for two outcomes). Undefined of nothing. */
export function brierScore(
  { probabilities, outcomes }: Claims,
  counts: SampleCounts,
): number | undefined {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i] ?? -1;
    if (outcome === -1) continue;
    const times = counts[i] ?? 0;
    sum += times * ((probabilities[i] ?? Number.NaN) - outcome) ** 2;
    total += times;
  }
  return total === 0 ? undefined : sum / total;
}

/**
 * The expected calibration error: over 15 bins of equal width, the mean of |mean probability − share of outcomes 1|, weighted by
 * how many fall into the bin (Naeini et al. 2015). The estimate is biased upwards in small samples. Undefined of nothing.
 */
export function expectedCalibrationError(
  { probabilities, outcomes }: Claims,
  counts: SampleCounts,
): number | undefined {
  const excess = new Float64Array(CALIBRATION_BINS); // Σ (probability − outcome) by bin
  let total = 0;
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i] ?? -1;
    if (outcome === -1) continue;
    const times = counts[i] ?? 0;
    const probability = probabilities[i] ?? Number.NaN;
    const bin = binOf(probability);
    excess[bin] = (excess[bin] ?? 0) + times * (probability - outcome);
    total += times;
  }
  return total === 0 ? undefined : excess.reduce((sum, each) => sum + Math.abs(each), 0) / total;
}

/** Bin b holds (b / 15, (b + 1) / 15]; the first holds 0 too. */
function binOf(probability: number): number {
  return Math.max(0, Math.ceil(probability * CALIBRATION_BINS) - 1);
}
