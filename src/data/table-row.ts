/** @file A row of a user's table, whatever the file's form: its line, its columns, and its cells as text. */
import { ManifestError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { describeValue } from "./describe-value.ts";
import { missingColumn } from "./missing-column.ts";

/** One row of a table. */
export interface TableRow {
  /** The line that it begins at, from 1. */
  readonly line: number;
  /** What a cell holds; undefined when the row has no such column. */
  cell(column: string): unknown;
  /** The names of its columns. */
  columns(): readonly string[];
}

/** A file that is read row by row. */
export interface Table {
  readonly path: string;
  /**
   * The rows in order.
   * @throws {ManifestError} when the file cannot be read as what it should be, or lacks one of the columns in its header
   */
  rows(required: readonly string[], signal?: AbortSignal): AsyncGenerator<TableRow>;
}

/** A cell, and how a message names it. */
export interface Cell {
  readonly value: unknown;
  /** `"train.csv" line 812: column "Edema"`. */
  readonly where: string;
}

/** A row's cell under a column. */
export function cellOf(row: TableRow, column: string, path: string): Cell {
  return { value: row.cell(column), where: `"${path}" line ${row.line}: column "${column}"` };
}

/**
 * Checks that a row has a column.
 * @throws {ManifestError} when it has not, listing what it has
 */
export function requireColumn(row: TableRow, column: string | undefined, path: string): void {
  if (column === undefined || row.cell(column) !== undefined) return;
  throw missingColumn({ path, column, columns: row.columns() });
}

/** An error about a cell: what it is and what it should be. The value is shown only when it cannot be a report. */
export function cellError({ value, where }: Cell, expected: string): ManifestError {
  return new ManifestError(`Cannot read ${where} is ${describeValue(value)}, expected ${expected}`);
}

/** A value as the text that a filter compares; missing is "", a list of simple values is joined by `|`. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    return value.join("|");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * A cell's text as it stands; undefined when the cell is missing or blank.
 * @throws {ManifestError} when it holds a list or an object
 */
export function cellText(cell: Cell): string | undefined {
  const { value } = cell;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object") throw cellError(cell, "text");
  const text = String(value);
  return text.trim() === "" ? undefined : text;
}

/** A cell's text without the space around it; undefined when the cell is missing or blank. */
export function cellWord(cell: Cell): string | undefined {
  return cellText(cell)?.trim();
}

/**
 * A cell that holds a list or an object, in a CSV file written as JSON; undefined when it is missing or blank.
 * @throws {ManifestError} when it is not JSON
 */
export function cellJson(cell: Cell): unknown {
  const { value } = cell;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") return value;
  if (value.trim() === "") return undefined;
  const parsed = tryParseJson(value);
  if (parsed === undefined) throw cellError(cell, "JSON");
  return parsed.value;
}
