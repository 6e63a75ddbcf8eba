/** @file Figures of single-label decisions, from how often each true class was taken for each class. */
import type { SampleCounts } from "./ranking.ts";

/** Decisions of N samples among C classes. */
export interface ClassDecisions {
  readonly classes: number;
  /** The true class of each sample, or −1 where it is unknown: such samples are left out. */
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** [C · C] how often a class (row) was taken for a class (column). */
export type ConfusionCounts = Float64Array;

/** Counts decisions, each sample as often as it was drawn. */
export function confusionCounts(
  { classes, truth, predicted }: ClassDecisions,
  counts: SampleCounts,
): ConfusionCounts {
  const table = new Float64Array(classes * classes);
  for (let i = 0; i < truth.length; i++) {
    const label = truth[i] ?? -1;
    if (label < 0) continue;
    const cell = label * classes + (predicted[i] ?? 0);
    table[cell] = (table[cell] ?? 0) + (counts[i] ?? 0);
  }
  return table;
}

/** Figures of a table of decisions; each is undefined where it would divide by nothing. */
export interface AgreementFigures {
  readonly accuracy: number | undefined;
  /** The mean sensitivity of the classes that occur. */
  readonly balancedAccuracy: number | undefined;
  /** The mean F1 of the classes that occur, as truth or as decision. */
  readonly macroF1: number | undefined;
  /**
   * Cohen's kappa with weights (i − j)²: agreement beyond chance of grades in order (Cohen 1968). Says nothing where the order
   * of the classes has no meaning.
   */
  readonly quadraticKappa: number | undefined;
}

/** The figures of counted decisions among `classes` classes. */
export function agreementFigures(table: ConfusionCounts, classes: number): AgreementFigures {
  const each = Array.from({ length: classes }, (_, k) => k);
  const at = (i: number, j: number): number => table[i * classes + j] ?? 0;
  const truths = each.map((i) => each.reduce((sum, j) => sum + at(i, j), 0));
  const decided = each.map((j) => each.reduce((sum, i) => sum + at(i, j), 0));
  const total = truths.reduce((sum, count) => sum + count, 0);
  const right = each.reduce((sum, k) => sum + at(k, k), 0);
  const present = each.filter((k) => (truths[k] ?? 0) > 0);
  const either = each.filter((k) => (truths[k] ?? 0) + (decided[k] ?? 0) > 0);
  return {
    accuracy: total === 0 ? undefined : right / total,
    balancedAccuracy: meanOf(present.map((k) => at(k, k) / (truths[k] ?? 0))),
    macroF1: meanOf(either.map((k) => (2 * at(k, k)) / ((truths[k] ?? 0) + (decided[k] ?? 0)))),
    quadraticKappa: quadraticKappa(at, { truths, decided, total }),
  };
}

function quadraticKappa(
  at: (i: number, j: number) => number,
  {
    truths,
    decided,
    total,
  }: {
    readonly truths: readonly number[];
    readonly decided: readonly number[];
    readonly total: number;
  },
): number | undefined {
  let observed = 0;
  let expected = 0;
  for (const [i, truth] of truths.entries()) {
    for (const [j, count] of decided.entries()) {
      const weight = (i - j) ** 2;
      observed += weight * at(i, j);
      expected += (weight * truth * count) / total;
    }
  }
  return total === 0 || expected === 0 ? undefined : 1 - observed / expected;
}

function meanOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
