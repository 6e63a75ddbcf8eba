/** @file Two classifiers on the same records: the paired difference of every figure, with an interval and p. */

import type { Interval } from "./bootstrap.ts";
import { intervalOf, twoSidedP } from "./bootstrap.ts";
import { type DeLongResult, deLong } from "./delong.ts";
import {
  byName,
  CLASS_FIGURES,
  type ClassFigureName,
  DECISION_FIGURES,
  type DecisionFigureName,
} from "./figures.ts";
import { countLabels } from "./known-labels.ts";
import {
  type ClassificationTask,
  classColumn,
  type Predictions,
  requirePredictions,
} from "./predictions.ts";
import { eachOnce } from "./ranking.ts";
import { drawStatistics, type KeyedValues, reportStatistics } from "./report-statistics.ts";
import type { Thresholds } from "./thresholds.ts";

/** A classifier's predictions, and the thresholds at which it decides. */
export interface Contender {
  readonly predictions: Predictions;
  readonly thresholds?: Thresholds;
}

/** A figure of both, and how they differ. Plain JSON: `null` where it is undefined. */
export interface FigureDifference {
  readonly first: number | null;
  readonly second: number | null;
  /** First minus second. */
  readonly difference: number | null;
  /** 95 % of the bootstrap by patient: both see the same resamples. */
  readonly interval: Interval | null;
  /** Two-sided, of the same resamples; see `PairedDifference`. */
  readonly p: number | null;
}

/** One class, compared. */
export interface ClassComparison {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  readonly figures: Readonly<Record<ClassFigureName, FigureDifference>>;
  /** Of the AUROC; treats records as independent, and is null with fewer than two positives or negatives. */
  readonly deLong: DeLongResult | null;
}

/** What a comparison found. Plain JSON. */
export interface Comparison {
  readonly task: ClassificationTask;
  readonly records: number;
  readonly patients: number;
  readonly bootstrap: { readonly seed: number; readonly resamples: number; readonly level: number };
  readonly mean: Readonly<Record<ClassFigureName, FigureDifference>>;
  readonly classes: readonly ClassComparison[];
  /** Single-label only. */
  readonly decisions: Readonly<Record<DecisionFigureName, FigureDifference>> | null;
}

/** How differences are drawn. */
export interface CompareOptions {
  readonly seed: number;
  /** Default 2000. */
  readonly resamples?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/**
 * Compares two classifiers' predictions of the same records, in the same order.
 * @throws {RangeError} when records, patients, classes or labels are not the same
 */
export async function comparePredictions(
  [first, second]: readonly [Contender, Contender],
  { seed, resamples = RESAMPLES, signal, onProgress }: CompareOptions,
): Promise<Comparison> {
  requireSameRecords(first.predictions, second.predictions);
  const { task, ids, groups, classes } = first.predictions;
  const sides = [first, second].map(({ predictions, thresholds }) =>
    reportStatistics(predictions, thresholds),
  );
  const values = sides.map((statistics) => statistics(eachOnce(ids.length)));
  const drawing = { seed, resamples, name: "comparison", groups, signal, onProgress };
  const drawn = await drawStatistics(
    ids.length,
    (counts) => {
      const [a, b] = sides.map((statistics) => statistics(counts));
      return differencesOf(a, b);
    },
    drawing,
  );
  const difference = (key: string): FigureDifference => {
    const [a, b] = values.map((each) => each.get(key));
    const draws = drawn.get(key) ?? [];
    const known = a !== undefined && b !== undefined;
    const interval = known ? intervalOf(draws, LEVEL) : undefined;
    return {
      ...{ first: a ?? null, second: b ?? null, difference: known ? a - b : null },
      ...{ interval: interval ?? null, p: interval === undefined ? null : twoSidedP(draws) },
    };
  };
  return {
    ...{ task, records: ids.length, patients: new Set(groups).size },
    bootstrap: { seed, resamples, level: LEVEL },
    mean: byName(CLASS_FIGURES, (name) => difference(`mean/${name}`)),
    classes: classes.map((name, k) => {
      const { scores, labels } = classColumn(first.predictions, k);
      const other = classColumn(second.predictions, k).scores;
      return {
        ...{ name, ...countLabels(labels), deLong: deLong([scores, other], labels) ?? null },
        figures: byName(CLASS_FIGURES, (figure) => difference(`class/${k}/${figure}`)),
      };
    }),
    decisions:
      task === "multi-label"
        ? null
        : byName(DECISION_FIGURES, (name) => difference(`decision/${name}`)),
  };
}

function differencesOf(a: KeyedValues = new Map(), b: KeyedValues = new Map()): KeyedValues {
  return new Map(
    [...a].map(([key, value]) => {
      const other = b.get(key);
      return [key, value === undefined || other === undefined ? undefined : value - other];
    }),
  );
}

function requireSameRecords(first: Predictions, second: Predictions): void {
  requirePredictions(first);
  requirePredictions(second);
  if (first.task !== second.task) {
    throw fault(`the first is ${first.task}, the second ${second.task}`);
  }
  requireSame("classes", first.classes, second.classes);
  requireSame("records", first.ids, second.ids);
  requireSame("patients", first.groups, second.groups);
  const differing = first.labels.findIndex((label, i) => label !== second.labels[i]);
  if (differing < 0) return;
  const record = first.ids[Math.floor(differing / first.classes.length)];
  throw fault(`the label of record "${record}" is not the same in both`);
}

function requireSame(what: string, first: readonly string[], second: readonly string[]): void {
  if (first.length === second.length && first.every((name, i) => name === second[i])) return;
  const other = new Set(second);
  const common = first.filter((name) => other.has(name)).length;
  throw fault(
    `the first has ${first.length} ${what}, the second ${second.length}, and ${common} are common${common === first.length ? ", in another order" : ""}; evaluate both on the same split of the same dataset`,
  );
}

function fault(reason: string): RangeError {
  return new RangeError(`Cannot compare predictions: ${reason}`);
}
