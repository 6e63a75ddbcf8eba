/** @file Makes a dataset record of a line of a classification list. */
import { describeValue } from "../describe-value.ts";
import type { DatasetRecord, Label, Split } from "../record.ts";
import type { LabelListRow } from "./label-list.ts";
import { listImagePath } from "./list-path.ts";
import { type ListText, listError } from "./list-text.ts";

/** A list has a column a class, or one column with the number of the class. */
export type ListTask = "multi-label" | "single-label";

/** What a line is read with. */
export interface ListContext {
  readonly list: ListText;
  readonly split: Split;
  readonly task: ListTask;
  /** In the order of the list's columns, or of its class numbers. */
  readonly classes: readonly string[];
  /** The folder of pictures; absolute. */
  readonly imageRoot: string;
}

/** What a line says of its picture. */
export type ListedRecord = Pick<DatasetRecord, "labels" | "class"> & {
  readonly image: string;
  readonly split: Split;
};

function isLabel(value: number): value is Label {
  return value === 0 || value === 1 || value === -1;
}

function multiLabels(
  { line, labels }: LabelListRow,
  { list, classes }: ListContext,
): Readonly<Record<string, Label>> {
  const named = classes.map((name, c) => {
    const label = labels[c];
    if (label !== undefined && isLabel(label)) return [name, label] as const;
    throw listError(list, line, `the label of "${name}" is ${label}, expected one of 1, 0, -1`);
  });
  return Object.fromEntries(named);
}

function oneClass({ line, labels }: LabelListRow, { list, classes }: ListContext): string {
  const [position = -1] = labels;
  const name = classes[position];
  if (name !== undefined) return name;
  throw listError(
    list,
    line,
    `the class is ${position}, expected a number in 0 … ${classes.length - 1}`,
  );
}

/**
 * Does a list have a column a class, or one column with the number of the class?
 * @throws {ManifestError} when its columns fit neither
 */
export function listTask(
  [first]: readonly LabelListRow[],
  { list, classes }: Pick<ListContext, "list" | "classes">,
): ListTask {
  const columns = first?.labels.length ?? 0;
  if (columns === classes.length) return "multi-label";
  if (columns === 1) return "single-label";
  throw listError(
    list,
    first?.line ?? 1,
    `its number of labels is ${columns}, expected ${classes.length}, one for each class, or 1, the number of the class`,
  );
}

/**
 * The record of a line, without id and patient.
 * @throws {ManifestError} naming the line, when its path leaves the folder of pictures, or a label is none
 */
export function recordOfListRow(row: LabelListRow, context: ListContext): ListedRecord {
  const { list, split, task, imageRoot } = context;
  const image = listImagePath(row.path, imageRoot);
  if (image === undefined) {
    throw listError(
      list,
      row.line,
      `its path is ${describeValue(row.path)}, expected one inside the folder of pictures "${imageRoot}"`,
    );
  }
  const said =
    task === "multi-label"
      ? { labels: multiLabels(row, context) }
      : { class: oneClass(row, context) };
  return { image, split, ...said };
}
