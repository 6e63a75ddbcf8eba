/** @file The text of a list file as lines or as CSV rows, numbered, for the parsers of its forms. */
import { CsvError, parse } from "csv-parse/sync";
import { ManifestError } from "../../util/errors.ts";
import { PARSE_FAULTS, readHeader } from "../delimited-table.ts";

/** A list file's text, and what it is called in messages. */
export interface ListText {
  readonly text: string;
  /** Its path. */
  readonly source: string;
}

/** One line that is not blank. */
export interface ListLine {
  /** From 1; blank lines count. */
  readonly line: number;
  readonly text: string;
}

/** One row of a list in CSV. */
export interface ListRow {
  /** The line that it ends at, from 1. */
  readonly line: number;
  /** The cell under one of the required columns, without the space around it. */
  cell(column: string): string;
}

/** An error about a line of a list. */
export function listError({ source }: ListText, line: number, reason: string): ManifestError {
  return new ManifestError(`Cannot read "${source}" line ${line}: ${reason}`);
}

function requireLines<T>(rows: readonly T[], source: string): readonly T[] {
  if (rows.length > 0) return rows;
  throw new ManifestError(`Cannot read "${source}": it lists nothing`);
}

const BYTE_ORDER_MARK = "\ufeff";

/**
 * The lines that are not blank.
 * @throws {ManifestError} when there is none
 */
export function listLines({ text, source }: ListText): readonly ListLine[] {
  const start = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  const lines = text
    .slice(start)
    .split(/\r\n|\n|\r/)
    .map((content, i) => ({ line: i + 1, text: content.trim() }))
    .filter((one) => one.text !== "");
  return requireLines(lines, source);
}

interface NumberedCells {
  readonly line: number;
  readonly cells: readonly string[];
}

function parseCells({ text, source }: ListText): readonly NumberedCells[] {
  const rows: NumberedCells[] = [];
  try {
    parse(text, {
      bom: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells, { lines }) => {
        rows.push({ line: lines, cells });
        return null;
      },
    });
  } catch (error) {
    throw explain(error, source);
  }
  return rows;
}

/** The parser's own messages quote cells. */
function explain(error: unknown, source: string): unknown {
  if (!(error instanceof CsvError)) return error;
  const lines: unknown = Reflect.get(error, "lines");
  const near = typeof lines === "number" ? ` near line ${lines}` : "";
  const fault = PARSE_FAULTS[error.code] ?? "it is not a table";
  return new ManifestError(`Cannot read "${source}"${near}: ${fault}`);
}

/**
 * The rows of a CSV list whose first row names the columns.
 * @throws {ManifestError} when it is no CSV, lacks a column, or a row has another number of cells than the header
 */
export function listRows(list: ListText, columns: readonly string[]): readonly ListRow[] {
  const [header, ...rows] = requireLines(parseCells(list), list.source);
  const names = header?.cells ?? [];
  const positions = readHeader(names, columns, { path: list.source, delimiter: "," });
  const read = rows.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      throw listError(
        list,
        line,
        `the row has ${cells.length} cells, expected the header's ${names.length}`,
      );
    }
    return {
      line,
      cell: (column: string): string => cells[positions.get(column) ?? -1] ?? "",
    };
  });
  return requireLines(read, list.source);
}
