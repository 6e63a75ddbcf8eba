/** @file Figures by name, and what is known of each: its value, an interval, and the floor of a classifier that knows nothing. */
import type { Interval } from "./bootstrap.ts";

/** A figure of a class or of all classes. Plain JSON: `null` where it is undefined. */
export interface Figure {
  readonly value: number | null;
  /** Of the bootstrap by patient; null where too few resamples determine the figure, and for those of `BIASED_FIGURES`. */
  readonly interval: Interval | null;
  /**
   * What is reached without looking at a picture, by the prevalence alone; see `class-figures.ts`. Null where that is not
   * defined.
   */
  readonly floor: number | null;
}

/** Figures of one class against all others. */
export const CLASS_FIGURES = [
  "auroc",
  "averagePrecision",
  "brier",
  "ece",
  "f1",
  "sensitivity",
  "specificity",
  "precision",
  "balancedAccuracy",
] as const;
export type ClassFigureName = (typeof CLASS_FIGURES)[number];

/** Those of them that need a threshold. */
export const THRESHOLD_FIGURES: readonly ClassFigureName[] = [
  "f1",
  "sensitivity",
  "specificity",
  "precision",
  "balancedAccuracy",
];

/** Figures of single-label decisions; `ece` and `brier` are those of the most probable class and of all classes. */
export const DECISION_FIGURES = [
  "accuracy",
  "balancedAccuracy",
  "macroF1",
  "quadraticKappa",
  "brier",
  "ece",
] as const;
export type DecisionFigureName = (typeof DECISION_FIGURES)[number];

/**
 * Figures that a resample raises systematically: records that stand twice look like miscalibration. The percentiles of their
 * resamples would not be an interval for them.
 */
export const BIASED_FIGURES: ReadonlySet<string> = new Set(["ece"]);

/** Values of some figures. */
export type Values<Name extends string> = Readonly<Record<Name, number | undefined>>;

/** Something for each of some names. */
export function byName<Name extends string, T>(
  names: readonly Name[],
  of: (name: Name) => T,
): Readonly<Record<Name, T>> {
  // `fromEntries` forgets that there is a value for every name.
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, T>;
}
