/** @file The test of DeLong, DeLong and Clarke-Pearson (1988): is the AUROC of one score another than that of a second one? */
import { errorFunction } from "simple-statistics";
import type { Interval } from "./bootstrap.ts";

/** Two scores' AUROC on the same samples. */
export interface DeLongResult {
  readonly first: number;
  readonly second: number;
  /** First minus second. */
  readonly difference: number;
  readonly standardError: number;
  /** 95 %, by the normal approximation. */
  readonly interval: Interval;
  /** Two-sided. */
  readonly p: number;
}

const NORMAL_97_5 = 1.959963984540054;

/**
 * Compares two scores of the same independent samples. Of several samples of one patient it knows nothing, and is then too sure:
 * `pairedDifference` by patient is not.
 *
 * `undefined` with fewer than two positives or two negatives, of which no variance can be had.
 *
 * @param labels 1 or 0 a sample, or −1 where it is unknown: such samples are left out
 * @throws {RangeError} when lengths differ, or the score of a known label is NaN
 */
export function deLong(
  [first, second]: readonly [ArrayLike<number>, ArrayLike<number>],
  labels: ArrayLike<number>,
): DeLongResult | undefined {
  requireSameLength(first, second, labels);
  const all = Uint32Array.from({ length: labels.length }, (_, i) => i);
  const positives = all.filter((i) => labels[i] === 1);
  const negatives = all.filter((i) => labels[i] === 0);
  if (positives.length < 2 || negatives.length < 2) return undefined;
  const a = components(first, { positives, negatives });
  const b = components(second, { positives, negatives });
  const difference = a.auroc - b.auroc;
  const variance =
    varianceOf(a.ofPositives, b.ofPositives) / positives.length +
    varianceOf(a.ofNegatives, b.ofNegatives) / negatives.length;
  const standardError = Math.sqrt(variance);
  return {
    first: a.auroc,
    second: b.auroc,
    difference,
    standardError,
    interval: {
      low: difference - NORMAL_97_5 * standardError,
      high: difference + NORMAL_97_5 * standardError,
    },
    p: twoSided(difference, standardError),
  };
}

/** The structural components of an AUROC: the part of the other side that each sample wins against, ties counting one half. */
interface Components {
  readonly auroc: number;
  readonly ofPositives: Float64Array;
  readonly ofNegatives: Float64Array;
}

function components(
  scores: ArrayLike<number>,
  { positives, negatives }: { readonly positives: Uint32Array; readonly negatives: Uint32Array },
): Components {
  const above = Float64Array.from(positives, (i) => scoreOf(scores, i)).sort();
  const below = Float64Array.from(negatives, (i) => scoreOf(scores, i)).sort();
  const ofPositives = Float64Array.from(positives, (i) => partBelow(below, scores[i] ?? 0));
  const ofNegatives = Float64Array.from(negatives, (i) => 1 - partBelow(above, scores[i] ?? 0));
  const auroc = ofPositives.reduce((sum, each) => sum + each, 0) / positives.length;
  return { auroc, ofPositives, ofNegatives };
}

/** The part of sorted values that lies below a value, equal ones counting one half. */
function partBelow(sorted: Float64Array, value: number): number {
  const less = firstWhere(sorted, (each) => each >= value);
  const notMore = firstWhere(sorted, (each) => each > value);
  return (less + notMore) / (2 * sorted.length);
}

/** The first place of a sorted array from which on `holds`. */
function firstWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The unbiased variance of the difference of two scores' components. */
function varianceOf(first: Float64Array, second: Float64Array): number {
  const differences = first.map((value, i) => value - (second[i] ?? 0));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return squares / (differences.length - 1);
}

/** How often a normal variable of this deviation lies as far from 0 or farther. */
function twoSided(difference: number, standardError: number): number {
  if (difference === 0) return 1;
  if (standardError === 0) return 0;
  // Near 0 the approximation of the error function falls below 0.
  return Math.min(1, 1 - errorFunction(Math.abs(difference) / standardError / Math.SQRT2));
}

function scoreOf(scores: ArrayLike<number>, i: number): number {
  const score = scores[i] ?? Number.NaN;
  if (!Number.isNaN(score)) return score;
  throw new RangeError(`Cannot compare areas under the ROC curve: score ${i} is NaN`);
}

function requireSameLength(...values: readonly ArrayLike<number>[]): void {
  const lengths = values.map(({ length }) => length);
  if (new Set(lengths).size === 1) return;
  throw new RangeError(
    `Cannot compare areas under the ROC curve of ${lengths[0]} and ${lengths[1]} scores and ${lengths[2]} labels: expected as many of each`,
  );
}
