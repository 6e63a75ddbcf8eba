/** @file Samples in the order of their scores, ranked once, so that every statistic of ranks is one walk in every resample. */

/** How often each sample stands in a resample; all 1 where the samples are taken as they are. */
export type SampleCounts = ArrayLike<number>;

/**
 * A statistic of samples that are drawn again: `counts[i]` is how often sample i was drawn. It is undefined where those draws
 * do not determine it.
 */
export type SampleStatistic = (counts: SampleCounts) => number | undefined;

/** The samples of known label, highest score first. */
export interface Ranking {
  /** Their positions among all samples. */
  readonly samples: Uint32Array;
  /** Their scores, falling. */
  readonly scores: Float64Array;
  /** Their labels, 1 or 0. */
  readonly labels: Uint8Array;
  /** Equal scores form a block; block b ends before place `ends[b]`. */
  readonly ends: Uint32Array;
}

/**
 * Ranks samples by score. Those whose label is −1 (unknown) are left out.
 * @param attempt what is being computed, for the message
 * @throws {RangeError} when lengths differ, the score of a sample is NaN or a label is none of 1, 0 and −1
 */
export function rankSamples(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  attempt = "rank samples",
): Ranking {
  requireSamples(scores, labels, attempt);
  const known = Uint32Array.from({ length: labels.length }, (_, i) => i).filter(
    (sample) => labels[sample] !== -1,
  );
  const samples = known.sort((a, b) => compare(scores[b] ?? 0, scores[a] ?? 0));
  const ends: number[] = [];
  for (let place = 1; place <= samples.length; place++) {
    if (place === samples.length || scores[samples[place] ?? 0] !== scores[samples[place - 1] ?? 0])
      ends.push(place);
  }
  return {
    samples,
    scores: Float64Array.from(samples, (sample) => scores[sample] ?? 0),
    labels: Uint8Array.from(samples, (sample) => labels[sample] ?? 0),
    ends: Uint32Array.from(ends),
  };
}

/** The counts of all samples brought into the order of a ranking, into an array of its length. */
export function rankCounts(
  { samples }: Ranking,
  counts: SampleCounts,
  ranked: Float64Array,
): Float64Array {
  for (let place = 0; place < samples.length; place++) {
    ranked[place] = counts[samples[place] ?? 0] ?? 0;
  }
  return ranked;
}

/** Every sample once. */
export function eachOnce(count: number): Uint32Array {
  return new Uint32Array(count).fill(1);
}

/** Turns a function of ranked counts into a statistic of the samples that were ranked. */
export function statisticOf(
  ranking: Ranking,
  compute: (ranking: Ranking, ranked: Float64Array) => number | undefined,
): SampleStatistic {
  const ranked = new Float64Array(ranking.samples.length);
  return (counts) => compute(ranking, rankCounts(ranking, counts, ranked));
}

/** Not a difference: that of two equal infinities is NaN. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function requireSamples(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  attempt: string,
): void {
  if (scores.length !== labels.length) {
    throw new RangeError(
      `Cannot ${attempt} of ${scores.length} scores and ${labels.length} labels: expected one label a score`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    const label = labels[i];
    if (label === -1) continue;
    if (label !== 0 && label !== 1) {
      throw new RangeError(`Cannot ${attempt}: label ${i} is ${label}, expected 1, 0 or -1`);
    }
    if (Number.isNaN(scores[i])) throw new RangeError(`Cannot ${attempt}: score ${i} is NaN`);
  }
}
