/** @file Reads CSV and TSV files row by row: quoted line ends, byte-order marks, encodings; errors that quote no cell. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { TextDecoder } from "node:util";
import { CsvError, parse } from "csv-parse";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError, ManifestError } from "../util/errors.ts";
import { MAX_LINE_BYTES } from "../util/jsonl.ts";
import { missingColumn } from "./missing-column.ts";
import type { Table, TableRow } from "./table-row.ts";

/** How a delimited file is written. */
export interface DelimitedOptions {
  readonly path: string;
  /** What stands between cells, such as `,` or a tab. */
  readonly delimiter: string;
  /** The text encoding by its WHATWG name, such as `utf-8` or `windows-1252`. */
  readonly encoding: string;
}

/** What the parser's codes mean; its own messages quote cells. */
export const PARSE_FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quotation mark is never closed",
  CSV_INVALID_CLOSING_QUOTE: "something follows the closing quotation mark of a cell",
  INVALID_OPENING_QUOTE: "a quotation mark stands inside a cell that is not quoted",
  CSV_MAX_RECORD_SIZE: `the row is longer than ${MAX_LINE_BYTES} characters; is a quotation mark unclosed?`,
};

/** What a file may be delimited by instead, for a hint. */
const OTHER_DELIMITERS = ["\t", ";", "|", ","];

function openDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw new ConfigError(
      `Cannot read a table in encoding "${encoding}": unknown encoding, expected one such as utf-8 or windows-1252`,
      { cause: error },
    );
  }
}

/** Marks an error of decoding, apart from those of reading and parsing. */
class EncodingFault extends Error {}

function decodeWith(
  encoding: string,
): (source: AsyncIterable<Uint8Array>) => AsyncIterable<string> {
  const decoder = openDecoder(encoding);
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw new EncodingFault("not in this encoding", { cause: error });
    }
  };
  return async function* (source) {
    for await (const bytes of source) yield decode(bytes);
    yield decode();
  };
}

async function* parseCells(
  { path, delimiter, encoding }: DelimitedOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[]> {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    // Tab-separated files rarely quote, so that a quotation mark there is mostly a letter.
    relax_quotes: delimiter === "\t",
    max_record_size: MAX_LINE_BYTES,
  });
  // A failure upstream destroys the parser with it, and so reaches the loop below.
  pipeline(createReadStream(path), decodeWith(encoding), parser, () => undefined);
  for await (const cells of parser) {
    signal?.throwIfAborted();
    yield cells;
  }
}

function explain(error: unknown, { path, encoding }: DelimitedOptions, line: number): unknown {
  if (error instanceof EncodingFault) {
    return new ManifestError(
      `Cannot read "${path}": it is not ${encoding} text; name its encoding, such as windows-1252`,
    );
  }
  if (error instanceof CsvError) {
    const fault = PARSE_FAULTS[error.code] ?? "it is not a table";
    // The parser stops before it has given out the rows of the same chunk, so that its own count of lines is nearer.
    const lines: unknown = Reflect.get(error, "lines");
    const near = typeof lines === "number" ? Math.max(lines, line) : line;
    return new ManifestError(`Cannot read "${path}" near line ${near}: ${fault}`);
  }
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const reason = code === "ENOENT" ? "no such file" : describeError(error);
  return new ManifestError(`Cannot read "${path}": ${reason}`, { cause: error });
}

function countLines(cells: readonly string[]): number {
  let lines = 1;
  for (const cell of cells) {
    if (cell.includes("\n") || cell.includes("\r")) lines += cell.split(/\r\n|\n|\r/).length - 1;
  }
  return lines;
}

/**
 * Where each column is in a row.
 * @throws {ManifestError} when a required column is missing or occurs twice
 */
export function readHeader(
  header: readonly string[],
  required: readonly string[],
  { path, delimiter }: Pick<DelimitedOptions, "path" | "delimiter">,
): ReadonlyMap<string, number> {
  for (const column of required) {
    const places = header.filter((name) => name === column).length;
    if (places > 1) {
      throw new ManifestError(`Cannot read "${path}": it has ${places} columns named "${column}"`);
    }
    if (places === 1) continue;
    const mark = header.length === 1 ? OTHER_DELIMITERS.find((m) => header[0]?.includes(m)) : "";
    if (mark === undefined || mark === "" || mark === delimiter) {
      throw missingColumn({ path, column, columns: header });
    }
    throw new ManifestError(
      `Cannot read "${path}": its header is a single column that contains ${JSON.stringify(mark)}; name that as the delimiter`,
    );
  }
  return new Map(header.map((name, position) => [name, position]));
}

interface NumberedCells {
  readonly line: number;
  readonly cells: readonly string[];
}

async function* readNumberedCells(
  options: DelimitedOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<NumberedCells> {
  let line = 1;
  try {
    for await (const cells of parseCells(options, signal)) {
      const isBlank = cells.length === 1 && cells[0] === "";
      if (!isBlank) yield { line, cells };
      line += countLines(cells);
    }
  } catch (error) {
    throw explain(error, options, line);
  }
}

/** A CSV or TSV file whose first row names the columns. */
export function delimitedTable(options: DelimitedOptions): Table {
  const { path } = options;
  return {
    path,
    async *rows(required, signal): AsyncGenerator<TableRow> {
      let columns: readonly string[] | undefined;
      let positions: ReadonlyMap<string, number> = new Map();
      for await (const { line, cells } of readNumberedCells(options, signal)) {
        if (columns === undefined) {
          columns = cells.map((name) => name.trim());
          positions = readHeader(columns, required, options);
          continue;
        }
        const names = columns;
        if (cells.length !== names.length) {
          throw new ManifestError(
            `Cannot read "${path}" line ${line}: the row has ${cells.length} cells, expected the header's ${names.length}`,
          );
        }
        const cell = (column: string): unknown => cells[positions.get(column) ?? -1];
        yield { line, cell, columns: () => names };
      }
      if (columns === undefined) throw new ManifestError(`Cannot read "${path}": it is empty`);
    },
  };
}
