/** @file Imports a CSV, TSV or JSON Lines table of image paths, reports and labels as a dataset folder. */
import { join, resolve } from "node:path";
import { ConfigError, ManifestError } from "../util/errors.ts";
import { isFile } from "../util/is-file.ts";
import type { ImportSummary, RowOutcome } from "./import-summary.ts";
import { ImportCounter } from "./import-summary.ts";
import { mapInOrder } from "./map-in-order.ts";
import { openTable, type TableFile } from "./open-table.ts";
import { openIdKey, pseudonymizer } from "./pseudonym.ts";
import type { DatasetManifest, DatasetRecord, DatasetTask, Privacy } from "./record.ts";
import type { RowFilter } from "./row-filter.ts";
import { matchesRow } from "./row-filter.ts";
import type { RowMapping, TableColumns } from "./table-record.ts";
import { namedColumns, recordOfRow, shortName } from "./table-record.ts";
import type { Table, TableRow } from "./table-row.ts";
import { requireColumn } from "./table-row.ts";
import { writeDataset } from "./write-dataset.ts";

/** What is imported, from where, and what becomes of it. */
export interface ImportTableOptions extends TableColumns, TableFile {
  /** The folder that image paths are relative to. Images stay where they are. */
  readonly imageRoot: string;
  /** The dataset folder to make. */
  readonly out: string;
  readonly name: string;
  readonly licence: string;
  /** `private` by default. */
  readonly privacy?: Privacy;
  /** Keep ids as they are? By default only in a public set. */
  readonly keepIds?: boolean;
  /** The file of the key for pseudonyms, outside the dataset; made when absent. Needed unless ids are kept. */
  readonly idKeyFile?: string;
  /** Rows must meet all of these. */
  readonly filters?: readonly RowFilter[];
  /** What to do with a row whose image is not named or not there; `error` by default. */
  readonly onMissingImage?: "error" | "skip";
  /**
   * The order of classes; by default the label columns, then the distinct classes in alphabetical order, or where there are
   * neither, what there are masks and boxes of.
   */
  readonly classes?: readonly string[];
  /** What the set is for; by default what its columns allow. */
  readonly task?: readonly DatasetTask[];
  /** The date and time to note, as the caller's clock has it. */
  readonly created: Date;
  /** Told now and then how many rows have been read. */
  readonly onProgress?: (rows: number) => void;
  readonly signal?: AbortSignal;
}

const PROGRESS_ROWS = 1000;
/** File look-ups at once: hides the latency of a network disk. */
const CONCURRENCY = 16;

interface RowContext {
  readonly mapping: RowMapping;
  readonly filters: readonly RowFilter[];
  readonly onMissingImage: "error" | "skip";
}

/** What a row names that is not there. */
interface MissingFile {
  readonly is: string;
  /** What may be done about it. */
  readonly remedy: string;
}

const IMAGE_REMEDY = "correct the image root or the table, or skip rows without an image";

async function missingFile(
  record: DatasetRecord,
  { imageRoot, imageColumn }: RowMapping,
): Promise<MissingFile | undefined> {
  if (record.image === undefined) {
    if (imageColumn === undefined) return undefined;
    return { is: `column "${imageColumn}" is empty`, remedy: IMAGE_REMEDY };
  }
  const image = join(imageRoot, record.image);
  if (!(await isFile(image))) return { is: `there is no file "${image}"`, remedy: IMAGE_REMEDY };
  for (const [name, path] of Object.entries(record.masks ?? {})) {
    const mask = join(imageRoot, path);
    if (await isFile(mask)) continue;
    return {
      is: `there is no file "${mask}", the mask of class ${JSON.stringify(name)}`,
      remedy:
        "masks are looked for in the image root as images are; correct the table, or skip rows of which a file is missing",
    };
  }
  return undefined;
}

async function outcomeOfRow(row: TableRow, context: RowContext): Promise<RowOutcome> {
  const { mapping, filters, onMissingImage } = context;
  if (!filters.every((filter) => matchesRow(row, filter))) return { kind: "filtered" };
  const record = recordOfRow(row, mapping);
  if (record === undefined) return { kind: "blank" };
  const missing = await missingFile(record, mapping);
  if (missing === undefined) return { kind: "record", line: row.line, record };
  if (onMissingImage === "skip") return { kind: "missingImage", line: row.line };
  if (record.image === undefined) requireColumn(row, mapping.imageColumn, mapping.path);
  throw new ManifestError(
    `Cannot import "${mapping.path}" line ${row.line}: ${missing.is}; ${missing.remedy}`,
  );
}

/** The names of all labels: those of the findings column, then the label columns. */
const labelNames = ({ findings = [], labelColumns = [] }: TableColumns): readonly string[] => [
  ...findings,
  ...labelColumns.map(shortName),
];

async function openMapping(options: ImportTableOptions): Promise<RowMapping> {
  const { from, keepIds = options.privacy === "public", idKeyFile } = options;
  if (options.idColumn === undefined && options.imageColumn === undefined) {
    throw new ConfigError(
      `Cannot import "${from}": neither an id column nor an image column is named, so records would have no id`,
    );
  }
  if ((options.findingsColumn === undefined) !== ((options.findings ?? []).length === 0)) {
    throw new ConfigError(
      `Cannot import "${from}": a column of findings and the findings that it can name go together; give both, or neither`,
    );
  }
  const labels = labelNames(options);
  const repeated = labels.find((label, position) => labels.indexOf(label) !== position);
  if (repeated !== undefined) {
    throw new ConfigError(`Cannot import "${from}": two labels are called "${repeated}"`);
  }
  if (!keepIds && idKeyFile === undefined) {
    throw new ConfigError(
      `Cannot import "${from}" as a private set: no key file for pseudonyms is named; name one, or keep the ids`,
    );
  }
  const mapping = { ...options, path: from, imageRoot: resolve(options.imageRoot) };
  if (keepIds || idKeyFile === undefined) return mapping;
  return { ...mapping, pseudonymize: pseudonymizer(await openIdKey(idKeyFile)) };
}

async function* importRows(
  table: Table,
  context: RowContext,
  counter: ImportCounter,
  { filters = [], signal, onProgress }: ImportTableOptions,
): AsyncGenerator<DatasetRecord> {
  const columns = [...namedColumns(context.mapping), ...filters.map(({ column }) => column)];
  const rows = table.rows([...new Set(columns)], signal);
  const outcomes = mapInOrder(rows, CONCURRENCY, (row) => outcomeOfRow(row, context));
  const lineOf = new Map<string, number>();
  for await (const outcome of outcomes) {
    counter.count(outcome);
    if (counter.rows % PROGRESS_ROWS === 0) onProgress?.(counter.rows);
    if (outcome.kind !== "record") continue;
    const { record, line } = outcome;
    requireNewId(lineOf.get(record.id), line, table.path);
    lineOf.set(record.id, line);
    yield record;
  }
  onProgress?.(counter.rows);
  requireImported(context.mapping.path, counter.summary(context.mapping));
}

/** Checks that no row before had the id of this one, which is not shown: it may be a person's. */
function requireNewId(first: number | undefined, line: number, path: string): void {
  if (first === undefined) return;
  throw new ManifestError(
    `Cannot import "${path}" line ${line}: its id is also that of line ${first}, expected unique ids; name another id column, or correct the table`,
  );
}

function requireImported(path: string, { rows, imported, skipped }: ImportSummary): void {
  if (imported > 0) return;
  const { filtered, missingImage, blank } = skipped;
  throw new ManifestError(
    `Cannot import "${path}": none of its ${rows} rows is left: ${filtered} fail the filters, ${missingImage} have no image file, ${blank} have neither image nor report`,
  );
}

function classesOf({ classes, objects }: ImportCounter, labels: readonly string[]) {
  const said = [...labels, ...classes];
  return said.length > 0 ? said : objects;
}

/**
 * Imports a table as a dataset folder. Images are neither copied nor opened. In a private set (the default) record and
 * patient ids become pseudonyms under a key that stays outside the folder, and its files are readable by their owner alone;
 * image paths stay as they are, since they say where the files are.
 * @throws {ConfigError} when options contradict each other
 * @throws {ManifestError} when a column, cell or image is missing or wrong, naming the line; nothing is then written
 */
export async function importTable(options: ImportTableOptions): Promise<ImportSummary> {
  const { filters = [], onMissingImage = "error", signal } = options;
  const table = openTable(options);
  const mapping = await openMapping(options);
  const counter = new ImportCounter();
  const manifest: DatasetManifest = {
    format: 1,
    name: options.name,
    licence: options.licence,
    privacy: options.privacy ?? "private",
    imageRoot: mapping.imageRoot,
    task: [],
    classes: [],
    importer: "table",
    created: options.created.toISOString(),
  };
  const labels = labelNames(options);
  await writeDataset({
    out: options.out,
    manifest,
    records: importRows(table, { mapping, filters, onMissingImage }, counter, options),
    finishManifest: (started) => ({
      ...started,
      task: options.task ?? counter.tasks,
      classes: options.classes ?? classesOf(counter, labels),
    }),
    ...(signal !== undefined && { signal }),
  });
  return counter.summary(options);
}
