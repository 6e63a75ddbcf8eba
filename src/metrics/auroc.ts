/** @file The area under the ROC curve by ranks (the Mann–Whitney statistic), exact with ties. */

/**
 * A statistic of some of the samples that it was made for: `indices` may name a sample any number of times, as a bootstrap
 * does. It is undefined where those samples do not determine it.
 */
export type SampleStatistic = (indices: ArrayLike<number>) => number | undefined;

/**
 * The probability that a positive sample scores higher than a negative one, ties counting one half:
 * (wins + ties / 2) / (positives · negatives), counted in whole numbers.
 *
 * Without a positive or without a negative there is no such pair. The result is then `undefined` and not an error: rare
 * findings are absent from small test sets and from resamples of larger ones, and whoever averages must decide what to do.
 *
 * @param scores higher where the finding is thought more likely; infinities are allowed
 * @param labels 1 or 0 a score: samples of unknown label are to be left out before
 * @throws {RangeError} when lengths differ, a score is NaN or a label is neither 1 nor 0
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number | undefined {
  return aurocOf(scores, labels)(Uint32Array.from({ length: scores.length }, (_, i) => i));
}

/**
 * `auroc` of any choice of these samples. Scores are ranked once, so that each choice takes linear time.
 * @throws {RangeError} as `auroc`
 */
export function aurocOf(scores: ArrayLike<number>, labels: ArrayLike<number>): SampleStatistic {
  requireSamples(scores, labels);
  const { ranks, distinct } = denseRanks(scores);
  const positives = new Float64Array(distinct); // by rank
  const negatives = new Float64Array(distinct);
  return (indices) => {
    positives.fill(0);
    negatives.fill(0);
    for (let i = 0; i < indices.length; i++) {
      const sample = indices[i] ?? 0;
      const counts = labels[sample] === 1 ? positives : negatives;
      const rank = ranks[sample] ?? 0;
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    return areaOf(positives, negatives);
  };
}

/** The area from how many positives and negatives have each rank, lowest first. */
function areaOf(positives: Float64Array, negatives: Float64Array): number | undefined {
  let doubledWins = 0; // a win counts 2, a tie 1: whole numbers stay exact
  let negativesBelow = 0;
  let positiveCount = 0;
  for (let rank = 0; rank < positives.length; rank++) {
    const positive = positives[rank] ?? 0;
    const negative = negatives[rank] ?? 0;
    doubledWins += positive * (2 * negativesBelow + negative);
    negativesBelow += negative;
    positiveCount += positive;
  }
  const pairs = positiveCount * negativesBelow;
  return pairs === 0 ? undefined : doubledWins / (2 * pairs);
}

/** The rank of each score among the distinct scores, from 0; equal scores have one rank. */
function denseRanks(scores: ArrayLike<number>): {
  readonly ranks: Uint32Array;
  readonly distinct: number;
} {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => compare(scores[a] ?? 0, scores[b] ?? 0));
  const ranks = new Uint32Array(order.length);
  let distinct = 0;
  let last: number | undefined;
  for (const sample of order) {
    const score = scores[sample];
    if (score !== last) distinct++;
    last = score;
    ranks[sample] = distinct - 1;
  }
  return { ranks, distinct };
}

/** Not a difference: that of two equal infinities is NaN. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function requireSamples(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  const attempt = "Cannot compute the area under the ROC curve";
  if (scores.length !== labels.length) {
    throw new RangeError(
      `${attempt} of ${scores.length} scores and ${labels.length} labels: expected one label a score`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new RangeError(`${attempt}: score ${i} is NaN`);
    const label = labels[i];
    if (label === 0 || label === 1) continue;
    throw new RangeError(
      `${attempt}: label ${i} is ${label}, expected 1 or 0; leave out samples of unknown label`,
    );
  }
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
