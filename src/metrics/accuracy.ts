/** @file Shares and tables of right and wrong decisions. */

/**
 * The share of decisions that equal their labels. Undefined when there is none.
 * @throws {RangeError} when lengths differ
 */
export function accuracy(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
): number | undefined {
  requireSameLength(predicted, labels, "accuracy");
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return labels.length === 0 ? undefined : right / labels.length;
}

/** How often each true class was taken for each class. */
export interface ConfusionMatrix {
  /** The classes that occur, as truth or as prediction, ascending. */
  readonly classes: readonly number[];
  /** `counts[true][predicted]`, both by position in `classes`. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Counts true against predicted classes.
 * @throws {RangeError} when lengths differ
 */
export function confusionMatrix(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
): ConfusionMatrix {
  requireSameLength(predicted, labels, "a confusion matrix");
  const found = new Set([...Array.from(predicted), ...Array.from(labels)]);
  const classes = [...found].sort((a, b) => a - b);
  const place = new Map(classes.map((name, position) => [name, position]));
  const counts = classes.map(() => classes.map(() => 0));
  for (let i = 0; i < labels.length; i++) {
    const row = counts[place.get(labels[i] ?? 0) ?? 0];
    const column = place.get(predicted[i] ?? 0) ?? 0;
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  return { classes, counts };
}

function requireSameLength(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  what: string,
): void {
  if (predicted.length === labels.length) return;
  throw new RangeError(
    `Cannot compute ${what} of ${predicted.length} predictions and ${labels.length} labels: expected one label a prediction`,
  );
}
