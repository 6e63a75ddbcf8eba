/** @file Every figure of a classifier's predictions, with intervals, floors, and the names of classes that cannot be scored. */
import { confusionCounts } from "./agreement.ts";
import { meanOfClasses } from "./auroc.ts";
import { canVary, intervalOf } from "./bootstrap.ts";
import { classFloors } from "./class-figures.ts";
import { decisionFloors } from "./decision-statistics.ts";
import {
  BIASED_FIGURES,
  byName,
  CLASS_FIGURES,
  type ClassFigureName,
  DECISION_FIGURES,
  type DecisionFigureName,
  type Figure,
  THRESHOLD_FIGURES,
} from "./figures.ts";
import { countLabels } from "./known-labels.ts";
import {
  type ClassificationTask,
  classColumn,
  countLonely,
  type Predictions,
  predictedClasses,
  requirePredictions,
  trueClasses,
} from "./predictions.ts";
import { eachOnce, type SampleCounts } from "./ranking.ts";
import {
  drawStatistics,
  type KeyedValues,
  leftOutOf,
  type MeanClasses,
  type MeanOptions,
  reportStatistics,
  setAll,
} from "./report-statistics.ts";
import type { Thresholds } from "./thresholds.ts";

/** How a report is made. */
export interface ReportOptions extends MeanOptions {
  /** Chosen on other predictions; without, figures that need a threshold are undefined. */
  readonly thresholds?: Thresholds;
  /** Of the resamples. */
  readonly seed: number;
  /** Default 2000. */
  readonly resamples?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how many resamples are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** One class against all others. */
export interface ClassReport {
  readonly name: string;
  readonly positives: number;
  readonly negatives: number;
  /** Patients (records, where their patient is not known) with a record in which it is present, and with one in which it is not. */
  readonly positivePatients: number;
  readonly negativePatients: number;
  /** Records whose label is not known: they count in none of the class's figures. */
  readonly unknown: number;
  /** The threshold at which the finding is decided to be present. */
  readonly threshold: number | null;
  readonly figures: Readonly<Record<ClassFigureName, Figure>>;
}

/** A class, and why it has not all its figures. */
export interface Unscored {
  readonly name: string;
  readonly reason: string;
}

/** The mean of a figure over the classes that have it. */
export interface MeanFigure extends Figure {
  /** How many those are. */
  readonly classes: number;
  /** Resamples on which one of them has none: the interval is of the others. */
  readonly leftOut: number;
}

/** The figures of a set of predictions. Plain JSON. */
export interface ClassificationReport {
  readonly task: ClassificationTask;
  readonly records: number;
  /** Those that are known, and every record that names none for one of its own. */
  readonly patients: number;
  /** Records that name no patient: they are drawn one by one. */
  readonly withoutPatient: number;
  readonly bootstrap: {
    readonly seed: number;
    readonly resamples: number;
    readonly level: number;
    /** What is drawn: records, where no patient is known. */
    readonly by: "patient" | "record";
  };
  readonly classes: readonly ClassReport[];
  readonly mean: Readonly<Record<ClassFigureName, MeanFigure>>;
  /** Means leave out classes that fewer records have. */
  readonly minPositives: number;
  /** Single-label: figures of the decisions, and [C][C] how often each class (row) was taken for each (column). */
  readonly decisions: {
    readonly figures: Readonly<Record<DecisionFigureName, Figure>>;
    readonly confusion: readonly (readonly number[])[];
  } | null;
  readonly unscored: readonly Unscored[];
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/**
 * Computes the report of predictions. Intervals hold 95 % of the bootstrap by patient; every figure sees the same resamples.
 * @throws {RangeError} when the predictions are not what their type says
 * @throws the signal's reason when it is aborted
 */
export async function classificationReport(
  predictions: Predictions,
  { thresholds, seed, resamples = RESAMPLES, minPositives = 0, signal, onProgress }: ReportOptions,
): Promise<ClassificationReport> {
  requirePredictions(predictions);
  const { task, ids, groups } = predictions;
  const { of, meanClasses } = reportStatistics(
    [{ predictions, ...(thresholds !== undefined && { thresholds }) }],
    { minPositives },
  );
  const statistics = (counts: SampleCounts): KeyedValues => of(counts)[0] ?? new Map();
  const drawing = { seed, resamples, name: "classification", groups, signal, onProgress };
  const drawn = await drawStatistics(ids.length, statistics, drawing);
  const values = statistics(eachOnce(ids.length));
  const floors = allFloors(predictions);
  const varies = canVary(ids.length, { groups });
  const figures = new Map<string, Figure>(
    [...values].map(([key, value]) => {
      if (value === undefined) return [key, { value: null, interval: null, floor: null }];
      const isBiased = BIASED_FIGURES.has(key.slice(key.lastIndexOf("/") + 1));
      const interval = isBiased || !varies ? undefined : intervalOf(drawn.get(key) ?? [], LEVEL);
      return [key, { value, interval: interval ?? null, floor: floors.get(key) ?? null }];
    }),
  );
  const withoutPatient = countLonely(predictions);
  const classes = predictions.classes.map((name, k) =>
    classReport(predictions, { name, k, figures, thresholds }),
  );
  return {
    ...{ task, records: ids.length, patients: new Set(groups).size, withoutPatient, classes },
    bootstrap: {
      ...{ seed, resamples, level: LEVEL },
      by: withoutPatient === ids.length ? "record" : "patient",
    },
    mean: meanFigures(classes, { meanClasses, figures, drawn }),
    minPositives,
    decisions: task === "multi-label" ? null : decisionReport(predictions, figures),
    unscored: classes.flatMap((each) => unscoredOf(each, { thresholds, varies })),
  };
}

function allFloors(predictions: Predictions): KeyedValues {
  const keyed: KeyedValues = new Map();
  const floors = predictions.classes.map((_, k) => classFloors(classColumn(predictions, k)));
  for (const [k, each] of floors.entries()) setAll(keyed, `class/${k}`, each);
  if (predictions.task === "single-label") setAll(keyed, "decision", decisionFloors(predictions));
  return keyed;
}

function pick<Name extends string>(
  names: readonly Name[],
  prefix: string,
  figures: ReadonlyMap<string, Figure>,
): Readonly<Record<Name, Figure>> {
  const none: Figure = { value: null, interval: null, floor: null };
  return byName(names, (name) => figures.get(`${prefix}/${name}`) ?? none);
}

function classReport(
  predictions: Predictions,
  {
    name,
    k,
    figures,
    thresholds,
  }: {
    readonly name: string;
    readonly k: number;
    readonly figures: ReadonlyMap<string, Figure>;
    readonly thresholds: Thresholds | undefined;
  },
): ClassReport {
  const { labels } = classColumn(predictions, k);
  const { positives, negatives } = countLabels(labels);
  const patientsWith = (wanted: number): number =>
    new Set(predictions.groups.filter((_, i) => labels[i] === wanted)).size;
  return {
    ...{ name, positives, negatives, unknown: predictions.ids.length - positives - negatives },
    ...{ positivePatients: patientsWith(1), negativePatients: patientsWith(0) },
    threshold: thresholds?.get(name)?.threshold ?? null,
    figures: pick(CLASS_FIGURES, `class/${k}`, figures),
  };
}

/** The floor of a mean is the mean of the floors of the classes that it is over. */
function meanFigures(
  classes: readonly ClassReport[],
  {
    meanClasses,
    figures,
    drawn,
  }: {
    readonly meanClasses: MeanClasses;
    readonly figures: ReadonlyMap<string, Figure>;
    readonly drawn: ReadonlyMap<string, readonly (number | undefined)[]>;
  },
): ClassificationReport["mean"] {
  const means = pick(CLASS_FIGURES, "mean", figures);
  return byName(CLASS_FIGURES, (name) => {
    const over = meanClasses[name];
    const floor =
      meanOfClasses(over.map((k) => classes[k]?.figures[name].floor ?? undefined)) ?? null;
    const leftOut = over.length === 0 ? 0 : leftOutOf(drawn.get(`mean/${name}`) ?? []);
    return { ...means[name], floor, classes: over.length, leftOut };
  });
}

function decisionReport(
  predictions: Predictions,
  figures: ReadonlyMap<string, Figure>,
): ClassificationReport["decisions"] {
  const width = predictions.classes.length;
  const decisions = {
    classes: width,
    truth: trueClasses(predictions),
    predicted: predictedClasses(predictions),
  };
  const table = confusionCounts(decisions, eachOnce(predictions.ids.length));
  return {
    figures: pick(DECISION_FIGURES, "decision", figures),
    confusion: predictions.classes.map((_, i) =>
      Array.from(table.subarray(i * width, (i + 1) * width)),
    ),
  };
}

/** Why a class has not all its figures; nothing where it has them. */
function unscoredOf(
  { name, positives, negatives, figures }: ClassReport,
  { thresholds, varies }: { readonly thresholds: Thresholds | undefined; readonly varies: boolean },
): readonly Unscored[] {
  if (positives + negatives === 0) return [{ name, reason: "no record's label is known" }];
  if (positives === 0) return [{ name, reason: `it is present in none of ${negatives} records` }];
  if (negatives === 0) return [{ name, reason: `it is present in all ${positives} records` }];
  const chosen = thresholds?.get(name);
  if (chosen !== undefined && chosen.threshold === undefined) {
    return [{ name, reason: `no threshold could be chosen: ${chosen.reason}` }];
  }
  if (!varies) return []; // that nothing has an interval is said of all together
  const wide = THRESHOLD_FIGURES.every((figure) => figures[figure].interval === null);
  if (figures.auroc.interval === null || (chosen !== undefined && wide)) {
    return [{ name, reason: "too few resamples have both present and absent for an interval" }];
  }
  return [];
}
