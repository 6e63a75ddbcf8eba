/** @file Labels of which some are unknown, and how many there are of each. */

/** A class's label of every sample: 1 present, 0 absent, −1 unknown. */
export type KnownLabels = Int8Array;

/** How often a class is known to be present and to be absent. */
export interface LabelCounts {
  readonly positives: number;
  readonly negatives: number;
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
