/** @file Labels of which some are unknown, and the AUROC of the samples whose label is known. */
import { aurocOf, type SampleStatistic } from "../../metrics/auroc.ts";

/** A class's label of every sample: 1 present, 0 absent, −1 unknown. */
export type KnownLabels = Int8Array;

/** How often a class is known to be present and to be absent. */
export interface LabelCounts {
  readonly positives: number;
  readonly negatives: number;
}

/** The samples whose label is known, ascending. */
function knownSamples(labels: KnownLabels): Uint32Array {
  return Uint32Array.from(labels.keys()).filter((sample) => labels[sample] !== -1);
}

/** Counts the labels of some samples; of all of them by default. */
export function countLabels(
  labels: KnownLabels,
  samples: Iterable<number> = labels.keys(),
): LabelCounts {
  let positives = 0;
  let negatives = 0;
  for (const sample of samples) {
    if (labels[sample] === 1) positives++;
    else if (labels[sample] === 0) negatives++;
  }
  return { positives, negatives };
}

/**
 * The AUROC as a statistic of samples, those of unknown label left out.
 * @throws {RangeError} as `aurocOf`
 */
export function aurocOfKnown(scores: Float64Array, labels: KnownLabels): SampleStatistic {
  const known = knownSamples(labels);
  const place = new Int32Array(labels.length).fill(-1);
  for (const [position, sample] of known.entries()) place[sample] = position;
  const statistic = aurocOf(
    Float64Array.from(known, (sample) => scores[sample] ?? Number.NaN),
    Int8Array.from(known, (sample) => labels[sample] ?? -1),
  );
  return (indices) => {
    const chosen: number[] = [];
    for (let i = 0; i < indices.length; i++) {
      const position = place[indices[i] ?? 0] ?? -1;
      if (position >= 0) chosen.push(position);
    }
    return statistic(chosen);
  };
}
