/** @file Where reports to distil come from: a dataset folder, or a table of ids and reports. */
import { join } from "node:path";
import { openDataset } from "../../data/dataset.ts";
import { DATASET_FILES, fileMode } from "../../data/dataset-files.ts";
import { readOwnRecords } from "../../data/join.ts";
import { openTable, type TableFile } from "../../data/open-table.ts";
import { reportOfRow } from "../../data/table-record.ts";
import { cellError, cellOf, cellWord, requireColumn } from "../../data/table-row.ts";
import { ManifestError } from "../../util/errors.ts";

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
export interface TableReportsOptions extends TableFile {
  readonly idColumn: string;
  /** The parts of the report, joined by line ends in this order. */
  readonly reportColumns: readonly string[];
}

/**
 * The reports of a table; what is made of it is its owner's alone.
 * @throws {ConfigError} when the table's form is not known
 */
export function tableReports({
  idColumn,
  reportColumns,
  ...file
}: TableReportsOptions): ReportSource {
  const table = openTable(file);
  const { path } = table;
  return {
    name: path,
    out: undefined,
    mode: fileMode("private"),
    isPrivate: true,
    async *reports(signal) {
      const seen = new Set<string>();
      for await (const row of table.rows([...new Set([idColumn, ...reportColumns])], signal)) {
        requireColumn(row, idColumn, path);
        const cell = cellOf(row, idColumn, path);
        const id = cellWord(cell);
        if (id === undefined) throw cellError(cell, "an id");
        if (seen.has(id)) {
          throw new ManifestError(
            `Cannot read "${path}" line ${row.line}: its id has a line before it, expected unique ids`,
          );
        }
        seen.add(id);
        yield { id, report: reportOfRow(row, reportColumns, path) };
      }
    },
  };
}
