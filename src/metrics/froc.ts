/**
 * @file Free-response ROC: how many lesions are found at a given number of false alarms a picture (Bunch et al. 1978; the
 * seven rates and the rules of hits are those of the LUNA16 challenge, Setio et al. 2017).
 */
import { boxArea, boxOverlap, type DetectionImage, requireDetections } from "./boxes.ts";
import { type AreaRange, descending } from "./match-detections.ts";
import type { SampleCounts, SampleStatistic } from "./ranking.ts";

/** False alarms a picture at which sensitivity is read. */
export const FROC_RATES: readonly number[] = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];

/** What counts as found. */
export interface FrocOptions {
  /** Intersection over union that finds a lesion. Default 0.5. */
  readonly iouThreshold?: number | undefined;
  /** Must the overlap be greater than the threshold? Default false. */
  readonly strict?: boolean | undefined;
  /** Only lesions of this size are to be found; detections that overlap others alone are no false alarms. Default all. */
  readonly area?: AreaRange | undefined;
  /** Default `FROC_RATES`. */
  readonly rates?: readonly number[] | undefined;
}

/** The sensitivity at each rate, on any resample of the pictures; undefined where it has no lesion. */
export type FrocStatistic = (counts: SampleCounts) => readonly number[] | undefined;

/**
 * The sensitivity at each rate: the share of lesions that are found when the score above which detections count is lowered as far
 * as the mean number of false alarms a picture allows. Detections of equal score count together; nothing is interpolated.
 *
 * A lesion is found by a detection of its class that overlaps it enough, and takes the best such score; more detections of it
 * count neither way. A detection that overlaps no lesion is a false alarm. Classes are taken together.
 *
 * @throws {RangeError} when boxes, labels or scores are not what their types say
 */
export function frocOf(
  images: readonly DetectionImage[],
  { rates = FROC_RATES, ...options }: FrocOptions = {},
): FrocStatistic {
  requireDetections(images);
  const timeline = timelineOf(
    images
      .flatMap((image, index) => eventsOf(image, index, options))
      .sort((a, b) => descending(a.score, b.score)),
  );
  const lesions = images.map(({ truth }) => wantedOf(truth.boxes, options.area).length);
  return (counts) => {
    let total = 0;
    let pictures = 0;
    for (let i = 0; i < images.length; i++) {
      pictures += counts[i] ?? 0;
      total += (counts[i] ?? 0) * (lesions[i] ?? 0);
    }
    if (total === 0) return undefined;
    const allowed = rates.map((rate) => rate * pictures);
    return foundAt(timeline, allowed, counts).map((found) => found / total);
  };
}

/** The mean sensitivity over the rates, as a statistic of the pictures: one number for the whole curve. */
export function frocScoreOf(
  images: readonly DetectionImage[],
  options: FrocOptions = {},
): SampleStatistic {
  const froc = frocOf(images, options);
  return (counts) => meanSensitivity(froc(counts));
}

/** The mean of sensitivities; undefined where they are. */
export function meanSensitivity(sensitivities: readonly number[] | undefined): number | undefined {
  if (sensitivities === undefined) return undefined;
  return sensitivities.reduce((sum, each) => sum + each, 0) / sensitivities.length;
}

/** What happens when the score falls to a value. */
interface Event {
  readonly score: number;
  readonly image: number;
  /** A lesion is found, or a false alarm is raised. */
  readonly isFound: boolean;
}

function wantedOf(boxes: ArrayLike<number>, area: AreaRange | undefined): readonly number[] {
  const all = Array.from({ length: boxes.length / 4 }, (_, i) => i);
  if (area === undefined) return all;
  return all.filter((i) => boxArea(boxes, i) >= area.least && boxArea(boxes, i) < area.end);
}

function eventsOf(
  { found, truth }: DetectionImage,
  image: number,
  { iouThreshold = 0.5, strict = false, area }: FrocOptions,
): readonly Event[] {
  const overlaps = (i: number, j: number): boolean => {
    if (found.labels[i] !== truth.labels[j]) return false;
    const overlap = boxOverlap([found.boxes, i], [truth.boxes, j]);
    return strict ? overlap > iouThreshold : overlap >= iouThreshold;
  };
  const lesions = Array.from({ length: truth.labels.length }, (_, j) => j);
  const detections = Array.from({ length: found.labels.length }, (_, i) => i);
  const scoreOf = (i: number): number => found.scores[i] ?? Number.NaN;
  const hits = wantedOf(truth.boxes, area).flatMap((j) => {
    const scores = detections.filter((i) => overlaps(i, j)).map(scoreOf);
    return scores.length === 0 ? [] : [{ score: Math.max(...scores), image, isFound: true }];
  });
  const alarms = detections
    .filter((i) => !lesions.some((j) => overlaps(i, j)))
    .map((i) => ({ score: scoreOf(i), image, isFound: false }));
  return [...hits, ...alarms];
}

/** Events in order, as arrays that a resample walks through. */
interface Timeline {
  readonly images: Uint32Array;
  /** 1 where a lesion is found, 0 at a false alarm. */
  readonly finds: Uint8Array;
  /** 1 where the next event has another score: detections of equal score count together. */
  readonly isLast: Uint8Array;
}

function timelineOf(events: readonly Event[]): Timeline {
  return {
    images: Uint32Array.from(events, ({ image }) => image),
    finds: Uint8Array.from(events, ({ isFound }) => Number(isFound)),
    isLast: Uint8Array.from(events, ({ score }, i) => Number(events[i + 1]?.score !== score)),
  };
}

/** How many lesions are found before there are more false alarms than allowed, for each number of those. */
function foundAt(
  { images, finds, isLast }: Timeline,
  allowed: readonly number[],
  counts: SampleCounts,
): readonly number[] {
  const best = allowed.map(() => 0);
  const most = Math.max(...allowed);
  let found = 0;
  let told = 0;
  let alarms = 0;
  for (let i = 0; i < images.length && alarms <= most; i++) {
    const times = counts[images[i] ?? 0] ?? 0;
    if (finds[i] === 1) found += times;
    else alarms += times;
    if (found === told || isLast[i] === 0) continue;
    told = found;
    for (let k = 0; k < allowed.length; k++) {
      if (alarms <= (allowed[k] ?? 0)) best[k] = found;
    }
  }
  return best;
}
