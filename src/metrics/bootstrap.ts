/** @file Percentile bootstrap (Efron 1979): how far a statistic, or the difference of two, might be elsewhere by chance alone. */
import { RandomStream } from "../util/random.ts";
import { eachOnce, type SampleCounts, type SampleStatistic } from "./ranking.ts";

/** Where a statistic lies in most resamples. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How samples are drawn again. */
export interface BootstrapOptions {
  readonly seed: number;
  /** The name of the streams that the draws come from. Equal seeds, names and numbers of samples give equal resamples. */
  readonly name: string;
  /** Default 2000. */
  readonly resamples?: number;
  /** The part of the resamples that the interval holds. Default 0.95. */
  readonly level?: number;
  /**
   * Of which stratum each sample is, such as its label: every stratum keeps its size. By default the samples are one stratum,
   * so that the prevalence varies too.
   */
  readonly strata?: ArrayLike<string | number>;
  /**
   * Of which group each sample is, such as its patient: groups are drawn whole, because the samples of one vary together. By
   * default every sample is a group of its own. The number of samples in a resample then varies.
   */
  readonly groups?: ArrayLike<string | number>;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/**
 * The percentile interval of a statistic of `count` samples, ends interpolated linearly between resamples.
 *
 * Resamples on which the statistic is undefined (no positive was drawn) are left out. The interval is undefined when they are
 * more than half of all: what remains would describe other samples than these. Nor is there one of a single group, of which
 * every resample is the same.
 *
 * @throws {RangeError} when a number is out of range, or strata or groups are not of `count` samples
 */
export function bootstrapInterval(
  count: number,
  statistic: SampleStatistic,
  options: BootstrapOptions,
): Interval | undefined {
  const values: (number | undefined)[] = [];
  for (const counts of resamplesOf(count, options)) values.push(statistic(counts));
  const interval = intervalOf(values, options.level);
  return canVary(count, options) ? interval : undefined;
}

/**
 * The percentile interval of what a statistic was on each resample; see `bootstrapInterval`.
 * @throws {RangeError} when the level is no part
 */
export function intervalOf(
  values: readonly (number | undefined)[],
  level: number = LEVEL,
): Interval | undefined {
  requirePart(level);
  const defined = values.filter((value) => value !== undefined);
  if (defined.length === 0 || 2 * defined.length < values.length) return undefined;
  const sorted = Float64Array.from(defined).sort();
  const tail = (1 - level) / 2;
  return { low: quantileOfSorted(sorted, tail), high: quantileOfSorted(sorted, 1 - tail) };
}

/** The difference of two statistics of the same samples. */
export interface PairedDifference {
  /** First minus second. */
  readonly difference: number;
  readonly interval: Interval | undefined;
  /** See `twoSidedP`. Undefined where the interval is. */
  readonly p: number | undefined;
}

/**
 * The difference of two statistics of the same samples, with an interval: both see the same resamples, so what they have in
 * common cancels. Undefined when either is undefined on the samples as they are.
 * @throws {RangeError} as `bootstrapInterval`
 */
export function pairedDifference(
  count: number,
  [first, second]: readonly [SampleStatistic, SampleStatistic],
  options: BootstrapOptions,
): PairedDifference | undefined {
  const between: SampleStatistic = (counts) => {
    const a = first(counts);
    const b = second(counts);
    return a === undefined || b === undefined ? undefined : a - b;
  };
  const difference = between(eachOnce(count));
  if (difference === undefined) return undefined;
  const values: (number | undefined)[] = [];
  for (const counts of resamplesOf(count, options)) values.push(between(counts));
  const drawn = intervalOf(values, options.level);
  const interval = canVary(count, options) ? drawn : undefined;
  return { difference, interval, p: interval && twoSidedP(values) };
}

/**
 * How rarely differences as far from 0 are drawn: twice the part of the resamples on the rarer side of 0, those on it counted
 * to both, one added to count and total so that it is never 0 (Davison and Hinkley 1997, section 4.2).
 */
export function twoSidedP(differences: readonly (number | undefined)[]): number {
  const defined = differences.filter((value) => value !== undefined);
  const atMost = defined.filter((value) => value <= 0).length;
  const atLeast = defined.filter((value) => value >= 0).length;
  return Math.min(1, (2 * (Math.min(atMost, atLeast) + 1)) / (defined.length + 1));
}

/** The value below which a part of sorted values lies, linearly between the two nearest (numpy's default). */
export function quantileOfSorted(sorted: ArrayLike<number>, part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (place - below);
}

/**
 * Can one resample be another than the next? Not where every stratum is a single group: an interval of such resamples would
 * have no width, and say that nothing is uncertain.
 * @throws {RangeError} as `bootstrapInterval`
 */
export function canVary(
  count: number,
  options: Pick<BootstrapOptions, "strata" | "groups">,
): boolean {
  return unitsOf(count, options).strata.some((groups) => groups > 1);
}

/** Groups of samples end to end, those of one stratum together. */
interface Units {
  /** Samples by group: group g has those from `starts[g]` to before `starts[g + 1]`. */
  readonly members: Uint32Array;
  readonly starts: Uint32Array;
  /** How many groups each stratum has. */
  readonly strata: readonly number[];
}

/**
 * Resamples one after another, each as how often every sample was drawn; resample k is drawn from step k of the stream. The
 * array is used again for the next.
 * @throws {RangeError} as `bootstrapInterval`
 */
export function* resamplesOf(count: number, options: BootstrapOptions): Generator<SampleCounts> {
  const { seed, name, resamples = RESAMPLES } = options;
  requireCount(count, "samples");
  requireCount(resamples, "resamples");
  const units = unitsOf(count, options);
  const counts = new Uint32Array(count);
  for (let step = 0; step < resamples; step++) {
    const stream = new RandomStream({ seed, name: `bootstrap/${name}`, step });
    counts.fill(0);
    let first = 0;
    for (const groups of units.strata) {
      for (let draw = 0; draw < groups; draw++) {
        const group = first + stream.integer(groups);
        const end = units.starts[group + 1] ?? 0;
        for (let i = units.starts[group] ?? 0; i < end; i++) {
          const sample = units.members[i] ?? 0;
          counts[sample] = (counts[sample] ?? 0) + 1;
        }
      }
      first += groups;
    }
    yield counts;
  }
}

/** Orders samples by stratum, then by group, both in the order in which they first occur. */
function unitsOf(
  count: number,
  { strata, groups }: Pick<BootstrapOptions, "strata" | "groups">,
): Units {
  requireLength(strata, count, "strata");
  requireLength(groups, count, "groups");
  const byStratum = new Map<string | number, Map<string | number, number[]>>();
  const stratumOf = new Map<string | number, string | number>();
  for (let sample = 0; sample < count; sample++) {
    const stratum = strata?.[sample] ?? 0;
    const group = groups?.[sample] ?? sample;
    if ((stratumOf.get(group) ?? stratum) !== stratum) {
      throw new RangeError(
        `Cannot draw groups within strata: the group of sample ${sample} has samples of two strata; give strata or groups, not both`,
      );
    }
    stratumOf.set(group, stratum);
    const within = byStratum.get(stratum) ?? new Map<string | number, number[]>();
    byStratum.set(stratum, within);
    const samples = within.get(group);
    if (samples === undefined) within.set(group, [sample]);
    else samples.push(sample);
  }
  const ordered = [...byStratum.values()].flatMap((within) => [...within.values()]);
  const starts = new Uint32Array(ordered.length + 1);
  for (const [group, samples] of ordered.entries()) {
    starts[group + 1] = (starts[group] ?? 0) + samples.length;
  }
  const sizes = [...byStratum.values()].map((within) => within.size);
  return { members: Uint32Array.from(ordered.flat()), starts, strata: sizes };
}

function requireLength(values: ArrayLike<unknown> | undefined, count: number, what: string): void {
  if (values === undefined || values.length === count) return;
  throw new RangeError(
    `Cannot resample ${count} samples by ${values.length} ${what}: expected one for each sample`,
  );
}

function requireCount(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`Cannot bootstrap with ${value} ${what}: a whole number from 1 expected`);
}

function requirePart(level: number): void {
  if (level > 0 && level < 1) return;
  throw new RangeError(
    `Cannot bootstrap at level ${level}: a number between 0 and 1 expected, such as 0.95`,
  );
}
