/** @file The statistics of every figure of a report at once, and what they are on resamples. */
import { setImmediate } from "node:timers/promises";
import { meanOfClasses } from "./auroc.ts";
import { type BootstrapOptions, resamplesOf } from "./bootstrap.ts";
import { classStatistics } from "./class-figures.ts";
import { decisionStatistics } from "./decision-statistics.ts";
import { CLASS_FIGURES, type Values } from "./figures.ts";
import { classColumn, type Predictions } from "./predictions.ts";
import { eachOnce, type SampleCounts } from "./ranking.ts";
import type { Thresholds } from "./thresholds.ts";

/** Values by key: `class/K/NAME`, `mean/NAME` and `decision/NAME`. */
export type KeyedValues = Map<string, number | undefined>;

/** The statistics of every figure of predictions, computed together. */
export function reportStatistics(
  predictions: Predictions,
  thresholds: Thresholds | undefined,
): (counts: SampleCounts) => KeyedValues {
  const ofClasses = predictions.classes.map((name, k) =>
    classStatistics(classColumn(predictions, k), thresholds?.get(name)?.threshold),
  );
  const whole = eachOnce(predictions.ids.length);
  // The mean is over classes that have the figure on the samples as they are; others may come to have it by chance.
  const defined = ofClasses.map((statistics) => statistics(whole));
  const ofDecisions =
    predictions.task === "single-label" ? decisionStatistics(predictions) : undefined;
  return (counts) => {
    const keyed: KeyedValues = new Map();
    const values = ofClasses.map((statistics) => statistics(counts));
    for (const [k, each] of values.entries()) setAll(keyed, `class/${k}`, each);
    for (const name of CLASS_FIGURES) {
      const meant = values.filter((_, k) => defined[k]?.[name] !== undefined);
      keyed.set(`mean/${name}`, meanOfClasses(meant.map((each) => each[name])));
    }
    if (ofDecisions !== undefined) setAll(keyed, "decision", ofDecisions(counts));
    return keyed;
  };
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
