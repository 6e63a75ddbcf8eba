/** @file The texts of a dataset folder, or of a table of reports without pictures, record by record. */
import { openDataset } from "./dataset.ts";
import { openTable, type TableFile } from "./open-table.ts";
import type { Privacy } from "./record.ts";
import { reportOfRow } from "./table-record.ts";

/** What one record says. */
export interface RecordTexts {
  /** Undefined when there is none, or it is blank. */
  readonly report: string | undefined;
  /** The distilled context, where there is one that is not blank. */
  readonly context: string | undefined;
  /** Is it one of `val` or `test`, on which a model is judged? */
  readonly heldOut: boolean;
}

/** Reports in the order of their file, read anew each time. */
export interface Corpus {
  /** The folder or file, for messages. */
  readonly path: string;
  readonly privacy: Privacy;
  /** @throws {ManifestError} when a line is not valid */
  texts(signal?: AbortSignal): AsyncGenerator<RecordTexts>;
}

/** A context of another text than the report's is refused, as pre-training refuses it. */
const CHECKED = { checkContexts: true } as const;

/** A text, unless it is blank. */
function written(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}

/**
 * The reports of a dataset folder, with what `context.jsonl` and `split.jsonl` say where they are there.
 * @throws {ManifestError} when it is no dataset folder
 */
export async function datasetCorpus(folder: string): Promise<Corpus> {
  const dataset = await openDataset(folder);
  return {
    path: folder,
    privacy: dataset.manifest.privacy,
    async *texts(signal) {
      for await (const { report, context, split } of dataset.records(signal, CHECKED)) {
        yield {
          report: written(report),
          context: written(context),
          heldOut: split === "val" || split === "test",
        };
      }
    },
  };
}

/** A table of reports. */
export interface TableCorpusOptions extends TableFile {
  /** The parts of the report, joined by line ends in this order. */
  readonly reportColumns: readonly string[];
  /** `private` by default. */
  readonly privacy?: Privacy;
}

/**
 * The reports of a table, each row a record.
 * @throws {ConfigError} when the table's form is not known
 */
export function tableCorpus({
  reportColumns,
  privacy = "private",
  ...file
}: TableCorpusOptions): Corpus {
  const table = openTable(file);
  return {
    path: table.path,
    privacy,
    async *texts(signal) {
      for await (const row of table.rows([...new Set(reportColumns)], signal)) {
        yield {
          report: reportOfRow(row, reportColumns, table.path),
          context: undefined,
          heldOut: false,
        };
      }
    },
  };
}
