/** @file Opens a user's table by its form: CSV, TSV or JSON Lines. */
import { extname } from "node:path";
import { ConfigError } from "../util/errors.ts";
import { delimitedTable } from "./delimited-table.ts";
import { jsonlTable } from "./jsonl-table.ts";
import type { Table } from "./table-row.ts";

/** The form of a table's file. */
export type TableFormat = "csv" | "tsv" | "jsonl";

/** Which file is a table, and of which form. */
export interface TableFile {
  /** The table. */
  readonly from: string;
  /** Its form; by default what its extension says (.csv, .tsv, .tab, .jsonl, .ndjson). */
  readonly format?: TableFormat;
  /** What stands between a CSV's cells; a comma by default, a tab for TSV. */
  readonly delimiter?: string;
  /** The text encoding of a CSV or TSV file; utf-8 by default. */
  readonly encoding?: string;
}

const FORMATS: Readonly<Record<string, TableFormat>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".tab": "tsv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

/**
 * Opens a table; nothing of it is read yet.
 * @throws {ConfigError} when its form is not known, or the delimiter is empty
 */
export function openTable({ from, format, delimiter, encoding = "utf-8" }: TableFile): Table {
  const form = format ?? FORMATS[extname(from).toLowerCase()];
  if (form === undefined) {
    throw new ConfigError(
      `Cannot read "${from}": its extension says no format, expected one of ${Object.keys(FORMATS).join(", ")}; or name the format`,
    );
  }
  if (form === "jsonl") return jsonlTable(from);
  if (delimiter === "") {
    throw new ConfigError(`Cannot read "${from}": the delimiter is empty, expected one such as ;`);
  }
  return delimitedTable({
    path: from,
    delimiter: delimiter ?? (form === "tsv" ? "\t" : ","),
    encoding,
  });
}
