/** @file Classification lists: text lines `relative/path label label …`, a column a class or one column for the class (SPEC 4.1). */
import { describeValue } from "../describe-value.ts";
import { type ListLine, type ListText, listError, listLines } from "./list-text.ts";

/** One picture of a classification list. */
export interface LabelListRow {
  /** From 1. */
  readonly line: number;
  /** As the list has it: relative to the folder of pictures. */
  readonly path: string;
  /** One whole number a column: 1, 0 or −1 for each class, or the position of the one class. */
  readonly labels: readonly number[];
}

/** What stands between a path and its labels, in the whole list. */
type Separator = "space" | "comma";

const WHOLE_NUMBER = /^-?\d{1,9}$/;
const LABEL_BEHIND_COMMA = /,\s*-?\d+$/;
/** Names between commas, such as `image_path,bbox`. */
const HEADER = /,\s*\p{L}[^,]*$/u;

/** The first line decides: with commas a path may hold spaces, so both cannot be accepted at once. */
function separatorOf(list: ListText, [first]: readonly ListLine[]): Separator {
  if (first === undefined) return "space";
  if (LABEL_BEHIND_COMMA.test(first.text)) return "comma";
  if (!HEADER.test(first.text)) return "space";
  throw listError(
    list,
    first.line,
    'it looks like the header of a table, expected lines such as "a.png 0 1" without a header; "ecamp data import table" reads tables',
  );
}

function parseRow({ line, text }: ListLine, list: ListText, separator: Separator): LabelListRow {
  const cells = separator === "comma" ? text.split(",") : text.split(/\s+/);
  const [path = "", ...words] = cells.map((cell) => cell.trim());
  if (words.length === 0) {
    throw listError(list, line, "a path without labels, expected labels behind it");
  }
  const labels = words.map((word) => {
    if (WHOLE_NUMBER.test(word)) return Number(word);
    const isPath = separator === "space" && word.includes(".") && Number.isNaN(Number(word));
    const hint = isPath ? "; where a path holds a space, put commas between path and labels" : "";
    throw listError(
      list,
      line,
      `a label is ${describeValue(word)}, expected a whole number${hint}`,
    );
  });
  return { line, path, labels };
}

/**
 * Parses a classification list. Those in common use are split at white space, so that a path cannot hold any; a list whose first
 * line has commas is split at them.
 * @throws {ManifestError} naming the line, when it has no label, one that is no whole number, or another number of them than the
 *   first line
 */
export function parseLabelList(list: ListText): readonly LabelListRow[] {
  const lines = listLines(list);
  const separator = separatorOf(list, lines);
  const rows = lines.map((line) => parseRow(line, list, separator));
  const [first] = rows;
  for (const { line, labels } of rows) {
    if (labels.length === first?.labels.length) continue;
    throw listError(
      list,
      line,
      `its number of labels is ${labels.length}, expected ${first?.labels.length} as in line ${first?.line}`,
    );
  }
  return rows;
}
