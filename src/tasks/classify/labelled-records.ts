/** @file One reading of a dataset's labelled records: who they are, what is known of them, and what kind of task they make. */
import type { Dataset } from "../../data/dataset.ts";
import type { DatasetIndex } from "../../data/dataset-index.ts";
import { type LabelOptions, labelsOf, UNKNOWN } from "../../data/labels.ts";
import { lonelyGroup } from "../../metrics/predictions.ts";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import { ManifestError } from "../../util/errors.ts";
import { contentDigest, type KnownRecords } from "../finetune/trained-on.ts";

/** Labels of one class. */
export interface ClassCount {
  readonly present: number;
  readonly absent: number;
  readonly unknown: number;
}

/** The records of an index, in its order. */
export interface LabelledRecords extends KnownRecords {
  /** [N · C] 1 present, 0 absent, −1 unknown. */
  readonly labels: Int8Array;
  /** By class, in the order of the classes. */
  readonly counts: readonly ClassCount[];
  /** Records of which no label is known. */
  readonly unlabelled: number;
}

/**
 * Reads who is in an index and what is known of them.
 * @throws {ManifestError} naming the record, when its class is not one of the dataset's
 */
export async function readLabelled(
  index: DatasetIndex,
  options: LabelOptions,
  signal?: AbortSignal,
): Promise<LabelledRecords> {
  const width = options.classes.length;
  const labels = new Int8Array(index.size * width);
  const ids: string[] = [];
  const groups: string[] = [];
  const contents: string[] = [];
  for (let position = 0; position < index.size; position++) {
    signal?.throwIfAborted();
    const record = await index.read(position);
    ids.push(record.id);
    groups.push(record.patient ?? lonelyGroup(record.id));
    contents.push(contentDigest(record));
    labels.set(ownLabels(record, options), position * width);
  }
  return { ids, groups, contents, labels, ...countLabels(labels, width) };
}

function ownLabels(
  record: Parameters<typeof labelsOf>[0] & { readonly id: string },
  options: LabelOptions,
): readonly number[] {
  try {
    return labelsOf(record, options);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new ManifestError(`Cannot use record "${record.id}": ${error.message}`, { cause: error });
  }
}

function countLabels(
  labels: Int8Array,
  width: number,
): Pick<LabelledRecords, "counts" | "unlabelled"> {
  const counts = Array.from({ length: width }, () => ({ present: 0, absent: 0, unknown: 0 }));
  let unlabelled = 0;
  for (let start = 0; start < labels.length; start += width) {
    const row = labels.subarray(start, start + width);
    if (row.every((label) => label === UNKNOWN)) unlabelled++;
    for (const [k, count] of counts.entries()) {
      count[row[k] === 1 ? "present" : row[k] === 0 ? "absent" : "unknown"]++;
    }
  }
  return { counts, unlabelled };
}

/**
 * Which task a dataset's records make: of one class where they say `class`, else of any number.
 * @throws {ManifestError} when it names no classes, or its records say nothing of any
 */
export async function taskOf(dataset: Dataset, signal?: AbortSignal): Promise<ClassificationTask> {
  const { folder, manifest } = dataset;
  if (manifest.classes.length === 0) {
    throw new ManifestError(
      `Cannot classify "${folder}": its dataset.json names no classes; import it with its label columns, see "ecamp data import table --help"`,
    );
  }
  let records = 0;
  for await (const { labels, class: only } of dataset.records(signal)) {
    records++;
    if (only !== undefined) return "single-label";
    if (labels !== undefined && Object.keys(labels).length > 0) return "multi-label";
  }
  throw new ManifestError(
    `Cannot classify "${folder}": none of its ${records} records says "labels" or "class"`,
  );
}
