/** @file What a classifier said of some records and what is true of them: what every figure of classification is computed from. */
import type { KnownLabels } from "./known-labels.ts";

/** Any number of the classes may be present in a record, or exactly one is. */
export type ClassificationTask = "multi-label" | "single-label";

/** Scores and labels of N records and C classes. */
export interface Predictions {
  readonly task: ClassificationTask;
  /** Names, none twice. */
  readonly classes: readonly string[];
  /** One a record, none twice. */
  readonly ids: readonly string[];
  /** Of which patient each record is (`lonelyGroup` of its id where unknown): drawn together in the bootstrap. */
  readonly groups: readonly string[];
  /**
   * [N · C] probabilities, row by row: the f32 sigmoid of each logit (multi-label; its saturation makes ties, which count) or
   * the softmax of a row's logits (single-label).
   */
  readonly scores: Float32Array;
  /** [N · C] 1 present, 0 absent, −1 unknown (left out and counted). Single-label: one 1 and else 0 in a row, or all −1. */
  readonly labels: Int8Array;
}

/** The group of a record that names no patient: it is alone in it. */
export const lonelyGroup = (id: string): string => `record ${id}`;

/** How many records name no patient. */
export function countLonely({ ids, groups }: Pick<Predictions, "ids" | "groups">): number {
  return ids.filter((id, i) => groups[i] === lonelyGroup(id)).length;
}

/** One class's scores and labels, a record each. */
export interface ClassColumn {
  readonly scores: Float32Array;
  readonly labels: KnownLabels;
}

/** The scores and labels of class `k`, in the order of the records. */
export function classColumn({ classes, ids, scores, labels }: Predictions, k: number): ClassColumn {
  const width = classes.length;
  return {
    scores: Float32Array.from(ids, (_, i) => scores[i * width + k] ?? Number.NaN),
    labels: Int8Array.from(ids, (_, i) => labels[i * width + k] ?? -1),
  };
}

/** Of each record the class with the label 1, or −1 where the label is unknown (single-label). */
export function trueClasses({ classes, ids, labels }: Predictions): Int32Array {
  const width = classes.length;
  return Int32Array.from(ids, (_, i) => labels.subarray(i * width, (i + 1) * width).indexOf(1));
}

/** Of each record the class of the highest score, the first of equal ones (single-label). */
export function predictedClasses({ classes, ids, scores }: Predictions): Int32Array {
  const width = classes.length;
  return Int32Array.from(ids, (_, i) => {
    let best = 0;
    for (let k = 1; k < width; k++) {
      if ((scores[i * width + k] ?? 0) > (scores[i * width + best] ?? 0)) best = k;
    }
    return best;
  });
}

/**
 * Checks that predictions are what their type says.
 * @throws {RangeError} when a length is wrong, a name or id stands twice, a score is no probability, or a row of labels is none
 */
export function requirePredictions(predictions: Predictions): void {
  const { classes, ids, groups, scores, labels } = predictions;
  const count = ids.length;
  const width = classes.length;
  if (count === 0) throw fault("there is no record");
  if (width === 0) throw fault("there is no class");
  requireDistinct(classes, "class");
  requireDistinct(ids, "record");
  if (groups.length !== count) throw fault(`${groups.length} groups for ${count} records`);
  for (const [what, { length }] of Object.entries({ scores, labels })) {
    if (length !== count * width) {
      throw fault(`${length} ${what} for ${count} records and ${width} classes`);
    }
  }
  for (let i = 0; i < count; i++) {
    const reason = rowFault(predictions, i);
    if (reason !== undefined) throw fault(`record ${i} ("${ids[i]}") ${reason}`);
  }
}

/** Why record `i` cannot be scored, or undefined when it can. */
export function rowFault(
  { task, classes, scores, labels }: Pick<Predictions, "task" | "classes" | "scores" | "labels">,
  i: number,
): string | undefined {
  const width = classes.length;
  let present = 0;
  let unknown = 0;
  for (let k = 0; k < width; k++) {
    const score = scores[i * width + k] ?? Number.NaN;
    if (!(score >= 0 && score <= 1)) {
      return `has the score ${score} for "${classes[k]}", expected a probability`;
    }
    const label = labels[i * width + k];
    if (label === 1) present++;
    else if (label === -1) unknown++;
    else if (label !== 0) return `has the label ${label} for "${classes[k]}", expected 1, 0 or -1`;
  }
  if (task === "multi-label" || unknown === width) return undefined;
  if (present === 1 && unknown === 0) return undefined;
  return `has ${present} classes present and ${unknown} unknown, expected exactly one, or all unknown`;
}

function requireDistinct(names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw fault(`the ${what} "${name}" stands twice`);
    seen.add(name);
  }
}

function fault(reason: string): RangeError {
  return new RangeError(`Cannot compute figures of predictions: ${reason}`);
}
