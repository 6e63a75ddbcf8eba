/** @file Average precision: the area under the precision–recall curve as a sum of steps, exact with ties. */
import {
  eachOnce,
  type Ranking,
  rankSamples,
  type SampleStatistic,
  statisticOf,
} from "./ranking.ts";

/**
 * Σ (recall_n − recall_{n−1}) · precision_n over the distinct scores, falling: no interpolation, equal scores are one step. What
 * scores that know nothing reach is the prevalence. `undefined` without a positive, and without a negative: it would be 1 whatever
 * the scores.
 *
 * @param scores higher where the finding is thought more likely
 * @param labels 1 or 0 a score, or −1 where it is unknown: such samples are left out
 * @throws {RangeError} when lengths differ, the score of a known label is NaN or a label is another number
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): number | undefined {
  return averagePrecisionOf(scores, labels)(eachOnce(scores.length));
}

/**
 * `averagePrecision` of any resample of these samples.
 * @throws {RangeError} as `averagePrecision`
 */
export function averagePrecisionOf(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): SampleStatistic {
  const ranking = rankSamples(scores, labels, "compute the average precision");
  return statisticOf(ranking, rankedAveragePrecision);
}

/** `averagePrecision` of ranked samples that were drawn as often as `drawn` says, by rank. */
export function rankedAveragePrecision(
  { labels, ends }: Ranking,
  drawn: ArrayLike<number>,
): number | undefined {
  let area = 0; // times the number of positives
  let positivesAbove = 0;
  let above = 0;
  let place = 0;
  for (let block = 0; block < ends.length; block++) {
    const end = ends[block] ?? 0;
    let positives = 0;
    for (; place < end; place++) {
      const times = drawn[place] ?? 0;
      above += times;
      positives += times * (labels[place] ?? 0);
    }
    positivesAbove += positives;
    if (positives > 0) area += positives * (positivesAbove / above);
  }
  return positivesAbove === 0 || positivesAbove === above ? undefined : area / positivesAbove;
}
