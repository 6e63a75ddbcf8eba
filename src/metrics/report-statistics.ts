/** @file The statistics of every figure of a report at once, and what they are on resamples. */
import { setImmediate } from "node:timers/promises";
import { meanOfClasses } from "./auroc.ts";
import { type BootstrapOptions, resamplesOf } from "./bootstrap.ts";
import { type ClassStatistics, classStatistics } from "./class-figures.ts";
import { decisionStatistics } from "./decision-statistics.ts";
import { byName, CLASS_FIGURES, type ClassFigureName, type Values } from "./figures.ts";
import { countLabels } from "./known-labels.ts";
import { classColumn, type Predictions } from "./predictions.ts";
import { eachOnce, type SampleCounts } from "./ranking.ts";
import type { Thresholds } from "./thresholds.ts";

/** Values by key: `class/K/NAME`, `mean/NAME` and `decision/NAME`. */
export type KeyedValues = Map<string, number | undefined>;

/** A classifier's predictions, and the thresholds at which it decides. */
export interface Contender {
  readonly predictions: Predictions;
  readonly thresholds?: Thresholds;
}

/** Of each figure the positions of the classes that its mean is over. */
export type MeanClasses = Readonly<Record<ClassFigureName, readonly number[]>>;

/** Which classes a mean may be over. */
export interface MeanOptions {
  /**
   * Means leave out classes that fewer records have. Default 0. A class of one or two records decides much of a mean, and is missing in
   * many resamples.
   */
  readonly minPositives?: number;
}

/** Statistics of one classifier, or of several on the same records. */
export interface ReportStatistics {
  readonly meanClasses: MeanClasses;
  /** Every figure on a resample, of each classifier in turn. */
  readonly of: (counts: SampleCounts) => readonly KeyedValues[];
}

/**
 * The statistics of every figure, computed together. A mean is over the classes for which every classifier has the figure on the
 * samples as they are, and undefined on a resample that lacks it for one of them: it would be the mean of other classes.
 */
export function reportStatistics(
  contenders: readonly Contender[],
  { minPositives = 0 }: MeanOptions = {},
): ReportStatistics {
  const sides = contenders.map(({ predictions, thresholds }) => ({
    ofClasses: predictions.classes.map((name, k) =>
      classStatistics(classColumn(predictions, k), thresholds?.get(name)?.threshold),
    ),
    ofDecisions: predictions.task === "single-label" ? decisionStatistics(predictions) : undefined,
    whole: eachOnce(predictions.ids.length),
  }));
  const rare = new Set(
    contenders.flatMap(({ predictions }) => rareClasses(predictions, minPositives)),
  );
  const meanClasses = commonClasses(
    sides.map(({ ofClasses, whole }) => ofClasses.map((statistics) => statistics(whole))),
    rare,
  );
  return {
    meanClasses,
    of: (counts) =>
      sides.map(({ ofClasses, ofDecisions }) => {
        const keyed = classValues(ofClasses, meanClasses, counts);
        if (ofDecisions !== undefined) setAll(keyed, "decision", ofDecisions(counts));
        return keyed;
      }),
  };
}

/** The positions of classes that fewer records have than a mean wants. */
export function rareClasses(predictions: Predictions, minPositives: number): readonly number[] {
  return [...predictions.classes.keys()].filter(
    (k) => countLabels(classColumn(predictions, k).labels).positives < minPositives,
  );
}

/** The classes that are not rare and for which every side has a figure. */
function commonClasses(
  sides: readonly (readonly Values<ClassFigureName>[])[],
  rare: ReadonlySet<number>,
): MeanClasses {
  const [first = []] = sides;
  return byName(CLASS_FIGURES, (name) =>
    [...first.keys()].filter(
      (k) => !rare.has(k) && sides.every((values) => values[k]?.[name] !== undefined),
    ),
  );
}

function classValues(
  ofClasses: readonly ClassStatistics[],
  meanClasses: MeanClasses,
  counts: SampleCounts,
): KeyedValues {
  const keyed: KeyedValues = new Map();
  const values = ofClasses.map((statistics) => statistics(counts));
  for (const [k, each] of values.entries()) setAll(keyed, `class/${k}`, each);
  for (const name of CLASS_FIGURES) {
    const meant = meanClasses[name].map((k) => values[k]?.[name]);
    keyed.set(`mean/${name}`, meant.includes(undefined) ? undefined : meanOfClasses(meant));
  }
  return keyed;
}

/** Adds values under `PREFIX/NAME`. */
export function setAll(keyed: KeyedValues, prefix: string, values: Values<string>): void {
  for (const [name, value] of Object.entries(values)) keyed.set(`${prefix}/${name}`, value);
}

/** How statistics are drawn. */
export interface DrawOptions extends BootstrapOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many resamples are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Resamples between two looks at the event loop: signals and progress come through. */
const BREATH = 20;

/** How many resamples do not determine a figure. */
export function leftOutOf(draws: readonly (number | undefined)[]): number {
  return draws.filter((value) => value === undefined).length;
}

/**
 * What statistics are on every resample, by key.
 * @throws {RangeError} as `resamplesOf`
 * @throws the signal's reason when it is aborted
 */
export async function drawStatistics(
  count: number,
  statistics: (counts: SampleCounts) => KeyedValues,
  { signal, onProgress, ...drawing }: DrawOptions & { readonly resamples: number },
): Promise<ReadonlyMap<string, readonly (number | undefined)[]>> {
  const drawn = new Map<string, (number | undefined)[]>();
  let done = 0;
  for (const counts of resamplesOf(count, drawing)) {
    for (const [key, value] of statistics(counts)) {
      const values = drawn.get(key) ?? [];
      values.push(value);
      drawn.set(key, values);
    }
    done++;
    if (done % BREATH !== 0 && done !== drawing.resamples) continue;
    onProgress?.(done, drawing.resamples);
    await setImmediate();
    signal?.throwIfAborted();
  }
  return drawn;
}
