/** @file Mean average precision of detections, by COCO's interpolation at 101 recalls (SPEC 4.3). */
import { type DetectionImage, requireDetections } from "./boxes.ts";
import {
  FALSE_ALARM,
  HIT,
  type Matches,
  type MatchOptions,
  matchDetections,
  trueLabels,
} from "./match-detections.ts";
import { eachOnce, type SampleCounts, type SampleStatistic } from "./ranking.ts";

/** The thresholds of the published runs on RSNA: 0.4, 0.45 … 0.75. */
export const IOU_THRESHOLDS: readonly number[] = [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75];

/** The recalls at which precision is read, and how a recall is rounded before it is compared with them. */
export interface RecallGrid {
  /** Ascending. */
  readonly thresholds: ArrayLike<number>;
  /** Such as `Math.fround`; not at all by default. */
  readonly round?: (recall: number) => number;
}

/** How mean average precision is computed. */
export interface PrecisionOptions extends Partial<MatchOptions> {
  /** Are pictures without a detection or without a true box left out, of whatever class? Default false. */
  readonly filtered?: boolean | undefined;
  /**
   * By default 0, 0.01 … 1, compared in whole numbers: 7 boxes of 10 reach 0.7. Others are for programs whose rounding decides
   * there.
   */
  readonly recalls?: RecallGrid | undefined;
}

/**
 * The mean of the average precision over overlaps and classes. Of one: for each of 101 recalls, the greatest precision at that
 * recall or beyond it (0 where it is not reached), averaged.
 *
 * `undefined` without a true box to be found. Classes that have none are left out of the mean. It has no floor but 0: a detector
 * that finds nothing has it, unless such pictures are filtered.
 *
 * @throws {RangeError} when boxes, labels or scores are not what their types say
 */
export function meanAveragePrecision(
  images: readonly DetectionImage[],
  options: PrecisionOptions = {},
): number | undefined {
  return meanAveragePrecisionOf(images, options)(eachOnce(images.length));
}

/**
 * `meanAveragePrecision` of any resample of these pictures. Detections are matched once; a resample takes time in proportion to
 * detections, thresholds and classes. Of a picture that is drawn twice, each detection stands twice in a row.
 * @throws {RangeError} as `meanAveragePrecision`
 */
export function meanAveragePrecisionOf(
  images: readonly DetectionImage[],
  { iouThresholds = IOU_THRESHOLDS, filtered = false, recalls, ...rest }: PrecisionOptions = {},
): SampleStatistic {
  requireDetections(images);
  const kept = images.map(({ found, truth }) => found.labels.length > 0 && truth.labels.length > 0);
  const matching = { ...rest, iouThresholds };
  const classes = trueLabels(images).map((label) => {
    const matches = matchDetections(images, label, matching);
    return {
      matches,
      marked: matches.outcomes.map(markedOf),
      above: new Float64Array(matches.scores.length),
    };
  });
  const drawn = new Float64Array(images.length);
  return (counts) => {
    for (let i = 0; i < drawn.length; i++) {
      drawn[i] = filtered && kept[i] !== true ? 0 : (counts[i] ?? 0);
    }
    let sum = 0;
    let total = 0;
    for (const { matches, marked, above } of classes) {
      const positives = countPositives(matches, drawn);
      if (positives === 0) continue;
      const required = requiredHits(positives, recalls);
      countAbove(matches, drawn, above);
      for (const each of marked) {
        sum += interpolatedPrecision(each, { above, required });
        total++;
      }
    }
    return total === 0 ? undefined : sum / total;
  };
}

/** How many true boxes the drawn pictures have. */
export function countPositives({ positives }: Matches, counts: SampleCounts): number {
  return positives.reduce((sum, boxes, image) => sum + boxes * (counts[image] ?? 0), 0);
}

const HUNDRED = 100;

/** How many hits reach each recall. */
function requiredHits(positives: number, grid: RecallGrid | undefined): ArrayLike<number> {
  if (grid === undefined) {
    const hundredths = Array.from({ length: HUNDRED + 1 }, (_, k) => k);
    return hundredths.map((k) => Math.ceil((k * positives) / HUNDRED));
  }
  const { thresholds, round = (recall) => recall } = grid;
  let hits = 0;
  return Array.from(thresholds, (threshold) => {
    while (hits <= positives && round(hits / positives) < threshold) hits++;
    return hits;
  });
}

/** The detections of a threshold that are no false alarms: few, so that a resample need not walk all for each threshold. */
interface Marked {
  /** Their places, ascending. */
  readonly places: Uint32Array;
  /** `HIT` or `IGNORED`. */
  readonly outcomes: Uint8Array;
}

function markedOf(outcomes: Uint8Array): Marked {
  const places = Uint32Array.from(outcomes.keys()).filter((i) => outcomes[i] !== FALSE_ALARM);
  return { places, outcomes: Uint8Array.from(places, (i) => outcomes[i] ?? FALSE_ALARM) };
}

/** How many drawn detections there are up to each place, that one included. */
function countAbove({ images }: Matches, counts: SampleCounts, above: Float64Array): void {
  let total = 0;
  for (let i = 0; i < above.length; i++) {
    total += counts[images[i] ?? 0] ?? 0;
    above[i] = total;
  }
}

/** What a resample gives to all thresholds. */
interface Walk {
  /** See `countAbove`. */
  readonly above: Float64Array;
  /** Hits that each recall needs, ascending. */
  readonly required: ArrayLike<number>;
}

function interpolatedPrecision({ places, outcomes }: Marked, { above, required }: Walk): number {
  // Precision is greatest right after a hit, so only those places are kept.
  const reached: number[] = [];
  const precisions: number[] = [];
  let hits = 0;
  let ignored = 0;
  for (let k = 0; k < places.length; k++) {
    const i = places[k] ?? 0;
    const total = above[i] ?? 0;
    const times = total - (i === 0 ? 0 : (above[i - 1] ?? 0));
    if (outcomes[k] !== HIT) ignored += times;
    if (outcomes[k] !== HIT || times === 0) continue;
    hits += times;
    reached.push(hits);
    precisions.push(hits / (total - ignored));
  }
  let sum = 0;
  let best = 0;
  let place = reached.length - 1;
  for (let k = required.length - 1; k >= 0; k--) {
    for (; place >= 0 && (reached[place] ?? 0) >= (required[k] ?? 0); place--) {
      best = Math.max(best, precisions[place] ?? 0);
    }
    sum += best;
  }
  return sum / required.length;
}
