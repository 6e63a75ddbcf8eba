/** @file The figures of a segmenter or a detector by class and of all classes, with intervals and floors. */
import { meanOfClasses } from "./auroc.ts";
import { canVary, type Interval, intervalOf, twoSidedP } from "./bootstrap.ts";
import { byName, type Figure, type Values } from "./figures.ts";
import { countLonely } from "./predictions.ts";
import { eachOnce, type SampleCounts } from "./ranking.ts";
import { drawStatistics, type KeyedValues, leftOutOf, setAll } from "./report-statistics.ts";

/** Figures of something on any resample of the records. */
export type DenseStatistics<Name extends string> = (counts: SampleCounts) => Values<Name>;

/** One class, or all of them together. */
export interface DensePart<Name extends string> {
  readonly name: string;
  /** Records of which it is known where the class is, and those of them in which it is. */
  readonly known: number;
  readonly positives: number;
  readonly statistics: DenseStatistics<Name>;
  /** What finding nothing reaches. */
  readonly floors: Values<Name>;
}

/** Records that were scored, and the figures of them. */
export interface DenseFigures<Name extends string> {
  readonly ids: readonly string[];
  /** Of which patient each is. */
  readonly groups: readonly string[];
  readonly names: readonly Name[];
  readonly classes: readonly DensePart<Name>[];
  readonly all: Pick<DensePart<Name>, "statistics" | "floors">;
}

/** A class's figures. Plain JSON. */
export interface DenseClassReport<Name extends string> {
  readonly name: string;
  readonly known: number;
  readonly positives: number;
  readonly figures: Readonly<Record<Name, Figure>>;
}

/** How intervals are drawn. */
export interface DenseReportOptions {
  readonly seed: number;
  /** Default 2000. */
  readonly resamples?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Which records, and how they were drawn again. */
export interface DenseSample {
  readonly records: number;
  /** Those that are known, and every record that names none for one of its own. */
  readonly patients: number;
  /** Records that name no patient: they are drawn one by one. */
  readonly withoutPatient: number;
  readonly bootstrap: { readonly seed: number; readonly resamples: number; readonly level: number };
}

/** The figures of a set of predictions. Plain JSON. */
export interface DenseReport<Name extends string> extends DenseSample {
  readonly classes: readonly DenseClassReport<Name>[];
  /** Of all classes; `leftOut` counts the resamples that do not determine a figure. */
  readonly all: Readonly<Record<Name, Figure & { readonly leftOut: number }>>;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/**
 * Computes a report. Intervals hold 95 % of the bootstrap by patient; every figure sees the same resamples.
 * @throws {RangeError} when there is no record
 * @throws the signal's reason when it is aborted
 */
export async function denseReport<Name extends string>(
  figures: DenseFigures<Name>,
  options: DenseReportOptions,
): Promise<DenseReport<Name>> {
  const { ids, groups, names, classes, all } = figures;
  const of = (counts: SampleCounts): KeyedValues => keyedValues(figures, counts);
  const drawn = await drawStatistics(ids.length, of, drawingOf("dense", groups, options));
  const values = of(eachOnce(ids.length));
  const varies = canVary(ids.length, { groups });
  const figure = (key: string, floor: number | undefined): Figure => {
    const value = values.get(key);
    if (value === undefined) return { value: null, interval: null, floor: null };
    const interval = varies ? intervalOf(drawn.get(key) ?? [], LEVEL) : undefined;
    return { value, interval: interval ?? null, floor: floor ?? null };
  };
  return {
    ...sampleOf(figures, options),
    classes: classes.map(({ name, known, positives, floors }, k) => ({
      ...{ name, known, positives },
      figures: byName(names, (each) => figure(`class/${k}/${each}`, floors[each])),
    })),
    all: byName(names, (each) => ({
      ...figure(`all/${each}`, all.floors[each]),
      leftOut: leftOutOf(drawn.get(`all/${each}`) ?? []),
    })),
  };
}

/** A figure of two models on the same records, and how they differ. Plain JSON: `null` where it is undefined. */
export interface DenseDifference {
  readonly first: number | null;
  readonly second: number | null;
  /** First minus second. */
  readonly difference: number | null;
  /** 95 % of the bootstrap by patient: both see the same resamples. */
  readonly interval: Interval | null;
  /** Two-sided, of the same resamples; see `twoSidedP`. */
  readonly p: number | null;
}

/** Two models compared. Plain JSON. */
export interface DenseComparison<Name extends string> extends DenseSample {
  readonly classes: readonly {
    readonly name: string;
    readonly figures: Readonly<Record<Name, DenseDifference>>;
  }[];
  readonly all: Readonly<Record<Name, DenseDifference>>;
}

/**
 * Compares two models' figures of the same records, in the same order.
 * @throws {RangeError} when records, patients or classes are not the same
 */
export async function compareDense<Name extends string>(
  [first, second]: readonly [DenseFigures<Name>, DenseFigures<Name>],
  options: DenseReportOptions,
): Promise<DenseComparison<Name>> {
  requireSame("records", first.ids, second.ids);
  requireSame("patients", first.groups, second.groups);
  requireSame("classes", namesOf(first), namesOf(second));
  const { ids, groups, names, classes } = first;
  const sides = [first, second].map((side) => keyedValues(side, eachOnce(ids.length)));
  const drawn = await drawStatistics(
    ids.length,
    (counts) => differencesOf(keyedValues(first, counts), keyedValues(second, counts)),
    drawingOf("comparison", groups, options),
  );
  const varies = canVary(ids.length, { groups });
  const difference = (key: string): DenseDifference => {
    const [a, b] = sides.map((values) => values.get(key));
    const known = a !== undefined && b !== undefined;
    const draws = drawn.get(key) ?? [];
    const interval = known && varies ? intervalOf(draws, LEVEL) : undefined;
    return {
      ...{ first: a ?? null, second: b ?? null, difference: known ? a - b : null },
      ...{ interval: interval ?? null, p: interval === undefined ? null : twoSidedP(draws) },
    };
  };
  return {
    ...sampleOf(first, options),
    classes: classes.map(({ name }, k) => ({
      name,
      figures: byName(names, (each) => difference(`class/${k}/${each}`)),
    })),
    all: byName(names, (each) => difference(`all/${each}`)),
  };
}

/**
 * The mean of a figure over the classes that have it on the records as they are; undefined on a resample that lacks it for one of
 * them, which would be the mean of others.
 */
export function meanOverClasses<Name extends string>(
  count: number,
  names: readonly Name[],
  classes: readonly DensePart<Name>[],
): Pick<DensePart<Name>, "statistics" | "floors"> {
  const whole = classes.map(({ statistics }) => statistics(eachOnce(count)));
  const over = byName(names, (name) =>
    [...classes.keys()].filter((k) => whole[k]?.[name] !== undefined),
  );
  const meanOf = (
    name: Name,
    values: readonly (Values<Name> | undefined)[],
  ): number | undefined => {
    const meant = over[name].map((k) => values[k]?.[name]);
    return meant.includes(undefined) ? undefined : meanOfClasses(meant);
  };
  return {
    statistics: (counts) => {
      const values = classes.map(({ statistics }) => statistics(counts));
      return byName(names, (name) => meanOf(name, values));
    },
    floors: byName(names, (name) =>
      meanOf(
        name,
        classes.map(({ floors }) => floors),
      ),
    ),
  };
}

function keyedValues<Name extends string>(
  { classes, all }: Pick<DenseFigures<Name>, "classes" | "all">,
  counts: SampleCounts,
): KeyedValues {
  const keyed: KeyedValues = new Map();
  for (const [k, { statistics }] of classes.entries()) {
    setAll(keyed, `class/${k}`, statistics(counts));
  }
  setAll(keyed, "all", all.statistics(counts));
  return keyed;
}

function differencesOf(first: KeyedValues, second: KeyedValues): KeyedValues {
  return new Map(
    [...first].map(([key, a]) => {
      const b = second.get(key);
      return [key, a === undefined || b === undefined ? undefined : a - b];
    }),
  );
}

const drawingOf = (
  name: string,
  groups: readonly string[],
  { seed, resamples = RESAMPLES, signal, onProgress }: DenseReportOptions,
) => ({ seed, resamples, name, groups, signal, onProgress });

function sampleOf(
  { ids, groups }: Pick<DenseFigures<string>, "ids" | "groups">,
  { seed, resamples = RESAMPLES }: DenseReportOptions,
): DenseSample {
  return {
    ...{ records: ids.length, patients: new Set(groups).size },
    withoutPatient: countLonely({ ids, groups }),
    bootstrap: { seed, resamples, level: LEVEL },
  };
}

const namesOf = ({ classes }: Pick<DenseFigures<string>, "classes">): readonly string[] =>
  classes.map(({ name }) => name);

function requireSame(what: string, first: readonly string[], second: readonly string[]): void {
  if (first.length === second.length && first.every((each, i) => each === second[i])) return;
  throw new RangeError(
    `Cannot compare predictions: their ${what} are not the same (${first.length} and ${second.length}); evaluate both models on the same split`,
  );
}
