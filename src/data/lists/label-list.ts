/** @file Classification lists: text lines `relative/path label label …`, a column a class or one column for the class (SPEC 4.1). */
import { describeValue } from "../describe-value.ts";
import { type ListText, listError, listLines } from "./list-text.ts";

/** One picture of a classification list. */
export interface LabelListRow {
  /** From 1. */
  readonly line: number;
  /** As the list has it: relative to the folder of pictures. */
  readonly path: string;
  /** One whole number a column: 1, 0 or −1 for each class, or the position of the one class. */
  readonly labels: readonly number[];
}

/**
 * Parses a classification list. Lines are split at white space, so a path cannot hold any.
 * @throws {ManifestError} naming the line, when it has no label, one that is no whole number, or another number of them than the
 *   first line
 */
export function parseLabelList(list: ListText): readonly LabelListRow[] {
  const rows = listLines(list).map(({ line, text }) => {
    const [path = "", ...words] = text.split(/\s+/);
    if (words.length === 0) {
      throw listError(list, line, "a path without labels, expected labels behind it");
    }
    const labels = words.map((word) => {
      if (/^-?\d{1,9}$/.test(word)) return Number(word);
      throw listError(
        list,
        line,
        `a label is ${describeValue(word)}, expected a whole number; a path in such a list cannot hold a space`,
      );
    });
    return { line, path, labels };
  });
  const [first] = rows;
  for (const { line, labels } of rows) {
    if (labels.length === first?.labels.length) continue;
    throw listError(
      list,
      line,
      `it has ${labels.length} labels, expected ${first?.labels.length} as in line ${first?.line}`,
    );
  }
  return rows;
}
