/** @file Two classifiers on the same records: the paired difference of every figure, with an interval and p. */

import type { Interval } from "./bootstrap.ts";
import { canVary, intervalOf, twoSidedP } from "./bootstrap.ts";
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
  countLonely,
  type Predictions,
  requirePredictions,
} from "./predictions.ts";
import { eachOnce } from "./ranking.ts";
import {
  type Contender,
  drawStatistics,
  type KeyedValues,
  leftOutOf,
  type MeanClasses,
  type MeanOptions,
  reportStatistics,
} from "./report-statistics.ts";

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

/** The mean of a figure over the classes for which both have it, compared. */
export interface MeanDifference extends FigureDifference {
  /** How many those are. */
  readonly classes: number;
  /** Resamples on which one of them has none: interval and p are of the others. */
  readonly leftOut: number;
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
  /** Those that are known, and every record that names none for one of its own. */
  readonly patients: number;
  readonly withoutPatient: number;
  readonly bootstrap: { readonly seed: number; readonly resamples: number; readonly level: number };
  readonly mean: Readonly<Record<ClassFigureName, MeanDifference>>;
  /** Means leave out classes that fewer records have. */
  readonly minPositives: number;
  readonly classes: readonly ClassComparison[];
  /** Single-label only. */
  readonly decisions: Readonly<Record<DecisionFigureName, FigureDifference>> | null;
}

/** How differences are drawn. */
export interface CompareOptions extends MeanOptions {
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
  { seed, resamples = RESAMPLES, minPositives = 0, signal, onProgress }: CompareOptions,
): Promise<Comparison> {
  requireSameRecords(first.predictions, second.predictions);
  const { task, ids, groups } = first.predictions;
  const { of, meanClasses } = reportStatistics([first, second], { minPositives });
  const drawn = await drawStatistics(ids.length, (counts) => differencesOf(of(counts)), {
    ...{ seed, resamples, name: "comparison", groups, signal, onProgress },
  });
  const compared: Compared = {
    ...{ sides: of(eachOnce(ids.length)), drawn, meanClasses },
    varies: canVary(ids.length, { groups }),
  };
  const withoutPatient = countLonely(first.predictions);
  return {
    ...{ task, records: ids.length, patients: new Set(groups).size, withoutPatient },
    bootstrap: { seed, resamples, level: LEVEL },
    mean: byName(CLASS_FIGURES, (name) => meanDifference(name, compared)),
    minPositives,
    classes: classComparisons([first, second], compared),
    decisions:
      task === "multi-label"
        ? null
        : byName(DECISION_FIGURES, (name) => figureDifference(`decision/${name}`, compared)),
  };
}

/** What was computed of both, by key. */
interface Compared {
  /** On the samples as they are. */
  readonly sides: readonly KeyedValues[];
  /** Differences on every resample. */
  readonly drawn: ReadonlyMap<string, readonly (number | undefined)[]>;
  readonly meanClasses: MeanClasses;
  /** Is one resample another than the next? */
  readonly varies: boolean;
}

function figureDifference(key: string, { sides, drawn, varies }: Compared): FigureDifference {
  const [a, b] = sides.map((values) => values.get(key));
  const draws = drawn.get(key) ?? [];
  const known = a !== undefined && b !== undefined;
  const interval = known && varies ? intervalOf(draws, LEVEL) : undefined;
  return {
    ...{ first: a ?? null, second: b ?? null, difference: known ? a - b : null },
    ...{ interval: interval ?? null, p: interval === undefined ? null : twoSidedP(draws) },
  };
}

function meanDifference(name: ClassFigureName, compared: Compared): MeanDifference {
  const key = `mean/${name}`;
  const classes = compared.meanClasses[name].length;
  const leftOut = classes === 0 ? 0 : leftOutOf(compared.drawn.get(key) ?? []);
  return { ...figureDifference(key, compared), classes, leftOut };
}

function classComparisons(
  [first, second]: readonly [Contender, Contender],
  compared: Compared,
): readonly ClassComparison[] {
  return first.predictions.classes.map((name, k) => {
    const { scores, labels } = classColumn(first.predictions, k);
    const other = classColumn(second.predictions, k).scores;
    return {
      ...{ name, ...countLabels(labels), deLong: deLong([scores, other], labels) ?? null },
      figures: byName(CLASS_FIGURES, (figure) =>
        figureDifference(`class/${k}/${figure}`, compared),
      ),
    };
  });
}

function differencesOf([first, second]: readonly KeyedValues[]): KeyedValues {
  return new Map(
    [...(first ?? [])].map(([key, value]) => {
      const other = second?.get(key);
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
