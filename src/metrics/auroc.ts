/** @file The area under the ROC curve by ranks (the Mann–Whitney statistic), exact with ties. */
import {
  eachOnce,
  type Ranking,
  rankSamples,
  type SampleStatistic,
  statisticOf,
} from "./ranking.ts";

/**
 * The probability that a positive sample scores higher than a negative one, ties counting one half:
 * (wins + ties / 2) / (positives · negatives), counted in whole numbers.
 *
 * Without a positive or without a negative there is no such pair. The result is then `undefined` and not an error: rare
 * findings are absent from small test sets and from resamples of larger ones, and whoever averages must decide what to do.
 *
 * @param scores higher where the finding is thought more likely; infinities are allowed
 * @param labels 1 or 0 a score, or −1 where it is unknown: such samples are left out
 * @throws {RangeError} when lengths differ, the score of a known label is NaN or a label is another number
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number | undefined {
  return aurocOf(scores, labels)(eachOnce(scores.length));
}

/**
 * `auroc` of any resample of these samples. Scores are ranked once, so that each resample takes linear time.
 * @throws {RangeError} as `auroc`
 */
export function aurocOf(scores: ArrayLike<number>, labels: ArrayLike<number>): SampleStatistic {
  const ranking = rankSamples(scores, labels, "compute the area under the ROC curve");
  return statisticOf(ranking, rankedAuroc);
}

/** `auroc` of ranked samples that were drawn as often as `drawn` says, by rank. */
export function rankedAuroc(
  { labels, ends }: Ranking,
  drawn: ArrayLike<number>,
): number | undefined {
  let doubledWins = 0; // a win counts 2, a tie 1: whole numbers stay exact
  let positivesAbove = 0;
  let negativesAbove = 0;
  let place = 0;
  for (let block = 0; block < ends.length; block++) {
    const end = ends[block] ?? 0;
    let positives = 0;
    let count = 0;
    for (; place < end; place++) {
      const times = drawn[place] ?? 0;
      count += times;
      positives += times * (labels[place] ?? 0);
    }
    const negatives = count - positives;
    doubledWins += negatives * (2 * positivesAbove + positives);
    positivesAbove += positives;
    negativesAbove += negatives;
  }
  const pairs = positivesAbove * negativesAbove;
  return pairs === 0 ? undefined : doubledWins / (2 * pairs);
}

/**
 * The mean of the classes that have a value; `undefined` when none has. That classes were left out must be said where the
 * mean is shown: it is another mean than that of all classes.
 */
export function meanOfClasses(values: Iterable<number | undefined>): number | undefined {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === undefined) continue;
    sum += value;
    count++;
  }
  return count === 0 ? undefined : sum / count;
}
