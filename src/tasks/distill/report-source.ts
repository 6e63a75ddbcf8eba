/** @file Where reports to distil come from: a dataset folder, or a table of ids and reports. */
import { extname, join } from "node:path";
import { openDataset } from "../../data/dataset.ts";
import { DATASET_FILES, fileMode } from "../../data/dataset-files.ts";
import { delimitedTable } from "../../data/delimited-table.ts";
import { readOwnRecords } from "../../data/join.ts";
import { jsonlTable } from "../../data/jsonl-table.ts";
import {
  cellError,
  cellOf,
  cellText,
  cellWord,
  requireColumn,
  type Table,
} from "../../data/table-row.ts";
import { ConfigError, ManifestError } from "../../util/errors.ts";

/** A report with its id; without one, the record has none. */
export interface SourceReport {
  readonly id: string;
  readonly report: string | undefined;
}

/** Reports, and where their contexts belong. */
export interface ReportSource {
  /** What messages call it. */
  readonly name: string;
  /** Where contexts are written unless another file is named. */
  readonly out: string | undefined;
  /** Permission bits of new files. */
  readonly mode: number;
  /** May its texts be shown? */
  readonly isPrivate: boolean;
  reports(signal?: AbortSignal): AsyncIterable<SourceReport>;
}

/**
 * The reports of a dataset.
 * @throws {ManifestError} when the folder is no dataset
 */
export async function datasetReports(folder: string): Promise<ReportSource> {
  const { manifest } = await openDataset(folder);
  return {
    name: folder,
    out: join(folder, DATASET_FILES.context),
    mode: fileMode(manifest.privacy),
    isPrivate: manifest.privacy === "private",
    async *reports(signal) {
      // Not joined with the contexts that stand there: those may be what is to be replaced.
      for await (const { record } of readOwnRecords(folder, signal)) {
        yield { id: record.id, report: record.report };
      }
    },
  };
}

/** A table of reports. */
export interface TableReportsOptions {
  readonly from: string;
  readonly idColumn: string;
  readonly reportColumn: string;
}

/** The reports of a table; what is made of it is its owner's alone. */
export function tableReports({ from, idColumn, reportColumn }: TableReportsOptions): ReportSource {
  const table = openTable(from);
  return {
    name: from,
    out: undefined,
    mode: fileMode("private"),
    isPrivate: true,
    async *reports(signal) {
      const seen = new Set<string>();
      for await (const row of table.rows([idColumn, reportColumn], signal)) {
        requireColumn(row, idColumn, from);
        const cell = cellOf(row, idColumn, from);
        const id = cellWord(cell);
        if (id === undefined) throw cellError(cell, "an id");
        if (seen.has(id)) {
          throw new ManifestError(
            `Cannot read "${from}" line ${row.line}: its id has a line before it, expected unique ids`,
          );
        }
        seen.add(id);
        yield { id, report: cellText(cellOf(row, reportColumn, from)) };
      }
    },
  };
}

const DELIMITERS: Readonly<Record<string, string>> = { ".csv": ",", ".tsv": "\t", ".tab": "\t" };

function openTable(path: string): Table {
  const extension = extname(path).toLowerCase();
  if (extension === ".jsonl" || extension === ".ndjson") return jsonlTable(path);
  const delimiter = DELIMITERS[extension];
  if (delimiter !== undefined) return delimitedTable({ path, delimiter, encoding: "utf-8" });
  throw new ConfigError(
    `Cannot read "${path}": its extension says no format, expected .jsonl, .ndjson, .csv, .tsv or .tab`,
  );
}
