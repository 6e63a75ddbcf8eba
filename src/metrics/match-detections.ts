/**
 * @file Which detections hit a true box, decided once: every resample of the pictures then only counts. The rules are COCO's
 * (Lin et al. 2014, and its evaluation program).
 */
import { boxArea, boxOverlap, type DetectionImage } from "./boxes.ts";

/** Areas in square pixels: from `least`, below `end`. */
export interface AreaRange {
  readonly least: number;
  readonly end: number;
}

/** How detections and true boxes are brought together. */
export interface MatchOptions {
  /** Intersection over union that a hit needs, several to be tried apart. */
  readonly iouThresholds: readonly number[];
  /** Must the overlap be greater than the threshold? Else, as in COCO, equal is enough. Default false. */
  readonly strict?: boolean | undefined;
  /** Of each picture and class only so many count, the best ones. Default 100. */
  readonly maxDetections?: number | undefined;
  /** Only true boxes of this size are to be found: others, and detections of them, count neither way. Default all. */
  readonly area?: AreaRange | undefined;
}

/** What a detection is: a false alarm, a hit, or neither. */
export const FALSE_ALARM = 0;
export const HIT = 1;
export const IGNORED = 2;

/** The detections of one class in all pictures, highest score first; equal scores in the order of pictures, then of the lists. */
export interface Matches {
  /** The picture of each. */
  readonly images: Uint32Array;
  /** Falling. */
  readonly scores: Float64Array;
  /** `FALSE_ALARM`, `HIT` or `IGNORED`, for every threshold. */
  readonly outcomes: readonly Uint8Array[];
  /** True boxes to be found, by picture. */
  readonly positives: Uint32Array;
}

const MAX_DETECTIONS = 100;
const ANY_AREA: AreaRange = { least: 0, end: Number.POSITIVE_INFINITY };

/** The classes that some picture has a true box of, ascending. */
export function trueLabels(images: readonly DetectionImage[]): readonly number[] {
  const labels = new Set(images.flatMap(({ truth }) => Array.from(truth.labels)));
  return [...labels].sort((a, b) => a - b);
}

/**
 * Matches the detections of one class. In each picture, from the highest score down, a detection takes the free true box that it
 * overlaps most, if it does enough; the first of equal ones. Where `area` sets boxes aside, a detection takes one of those only
 * when no other is left to it.
 */
export function matchDetections(
  images: readonly DetectionImage[],
  label: number,
  options: MatchOptions,
): Matches {
  const { iouThresholds } = options;
  const positives = new Uint32Array(images.length);
  const rows: { readonly image: number; readonly score: number; readonly outcomes: number[] }[] =
    [];
  for (const [image, pair] of images.entries()) {
    const candidates = candidatesOf(pair, label, options);
    positives[image] = candidates.wanted.filter(Boolean).length;
    const outcomes = iouThresholds.map((threshold) => matchOne(candidates, threshold, options));
    for (const [k, score] of candidates.scores.entries()) {
      rows.push({ image, score, outcomes: outcomes.map((each) => each[k] ?? FALSE_ALARM) });
    }
  }
  rows.sort((a, b) => descending(a.score, b.score)); // stable
  return {
    images: Uint32Array.from(rows, ({ image }) => image),
    scores: Float64Array.from(rows, ({ score }) => score),
    outcomes: iouThresholds.map((_, t) =>
      Uint8Array.from(rows, ({ outcomes }) => outcomes[t] ?? FALSE_ALARM),
    ),
    positives,
  };
}

/** One class in one picture; detections from the highest score down. */
interface Candidates {
  readonly scores: readonly number[];
  /** Is a detection's own size in the range? */
  readonly inRange: readonly boolean[];
  /** Is a true box to be found? */
  readonly wanted: readonly boolean[];
  /** Of each detection with each true box. */
  readonly overlaps: readonly (readonly number[])[];
}

function candidatesOf(
  { found, truth }: DetectionImage,
  label: number,
  { maxDetections = MAX_DETECTIONS, area = ANY_AREA }: MatchOptions,
): Candidates {
  const scoreOf = (i: number): number => found.scores[i] ?? Number.NaN;
  const detections = indicesOf(found.labels, label)
    .sort((a, b) => descending(scoreOf(a), scoreOf(b)))
    .slice(0, maxDetections);
  const boxes = indicesOf(truth.labels, label);
  const isInRange = (list: ArrayLike<number>, i: number): boolean => {
    const size = boxArea(list, i);
    return size >= area.least && size < area.end;
  };
  return {
    scores: detections.map(scoreOf),
    inRange: detections.map((i) => isInRange(found.boxes, i)),
    wanted: boxes.map((j) => isInRange(truth.boxes, j)),
    overlaps: detections.map((i) =>
      boxes.map((j) => boxOverlap([found.boxes, i], [truth.boxes, j])),
    ),
  };
}

function matchOne(
  { inRange, wanted, overlaps }: Candidates,
  threshold: number,
  { strict = false }: MatchOptions,
): readonly number[] {
  const taken = wanted.map(() => false);
  const best = (row: readonly number[], among: boolean): number | undefined => {
    let most: number | undefined;
    for (const [j, overlap] of row.entries()) {
      if (taken[j] === true || wanted[j] !== among) continue;
      if (strict ? overlap <= threshold : overlap < threshold) continue;
      if (most === undefined || overlap > (row[most] ?? 0)) most = j;
    }
    return most;
  };
  return overlaps.map((row, k) => {
    const hit = best(row, true);
    const match = hit ?? best(row, false);
    if (match === undefined) return inRange[k] === true ? FALSE_ALARM : IGNORED;
    taken[match] = true;
    return hit === undefined ? IGNORED : HIT;
  });
}

function indicesOf(labels: ArrayLike<number>, label: number): number[] {
  return Array.from(labels, (_, i) => i).filter((i) => labels[i] === label);
}

/** The order of scores, highest first. Not a difference: that of two equal infinities is NaN. */
export function descending(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? 1 : -1;
}
