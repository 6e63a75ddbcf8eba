/** @file The error for a column that a table does not have. */
import { ManifestError } from "../util/errors.ts";
import { didYouMean } from "./schema-error.ts";

const MAX_LISTED = 40;
/** A header's cells are short words; where a table has no header, its first row may be a patient's, report included. */
const NAME = /^[\p{L}_][\p{L}\p{N}_. ()/-]{0,39}$/u;

/** What is missing, where, and what is there instead. */
export interface MissingColumn {
  readonly path: string;
  readonly column: string;
  /** The columns that the table has. */
  readonly columns: readonly string[];
}

/** `Cannot read "train.csv": it has no column "pateint", did you mean "patient"? Its columns are …`. */
export function missingColumn({ path, column, columns }: MissingColumn): ManifestError {
  if (!columns.every((name) => NAME.test(name) && name.split(" ").length <= 4)) {
    return new ManifestError(
      `Cannot read "${path}": it has no column "${column}"; its first row has ${columns.length} cells that do not look like names, is it a header?`,
    );
  }
  const hint = didYouMean(column, columns);
  const listed = columns.slice(0, MAX_LISTED).map((name) => JSON.stringify(name));
  const more = columns.length > MAX_LISTED ? ` and ${columns.length - MAX_LISTED} more` : "";
  const end = hint === "" ? ";" : "";
  return new ManifestError(
    `Cannot read "${path}": it has no column "${column}"${hint}${end} its columns are ${listed.join(", ")}${more}`,
  );
}
