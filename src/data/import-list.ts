/** @file Imports classification lists, one a split, as a dataset folder. */
import { join, resolve } from "node:path";
import { ManifestError } from "../util/errors.ts";
import { isFile } from "../util/is-file.ts";
import { ListCounter, type ListImportSummary } from "./lists/list-counter.ts";
import {
  type ListImportOptions,
  missingImage,
  openPatients,
  openPseudonyms,
} from "./lists/list-import.ts";
import type { PatientOf } from "./lists/list-patients.ts";
import { type ListedRecord, recordOfListRow } from "./lists/list-record.ts";
import { type ListText, listError } from "./lists/list-text.ts";
import { type OpenList, openLists } from "./lists/open-lists.ts";
import { mapInOrder } from "./map-in-order.ts";
import type { Pseudonymize } from "./pseudonym.ts";
import type { DatasetManifest, DatasetRecord } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

/** What is imported, from where, and what becomes of it. */
export interface ImportListOptions extends ListImportOptions {
  /** The classes, in the order of the lists' columns, or of the numbers in their one column. */
  readonly classes: readonly string[];
}

/** A line that becomes a record. */
interface ListedLine {
  readonly list: ListText;
  readonly line: number;
  readonly record: ListedRecord;
}

const PROGRESS_LINES = 1000;
/** File look-ups at once: hides the latency of a network disk. */
const CONCURRENCY = 16;

interface ImportContext {
  readonly options: ImportListOptions;
  readonly lists: readonly OpenList[];
  /** Absolute. */
  readonly imageRoot: string;
  readonly patientOf: PatientOf;
  readonly pseudonymize: Pseudonymize;
  readonly counter: ListCounter;
}

/** The lines of one list; one that repeats another is left out, one that contradicts another is an error. */
function* linesOf(
  { rows, ...open }: OpenList,
  { options: { classes }, imageRoot, counter }: ImportContext,
): Generator<ListedLine> {
  const { list } = open;
  const seen = new Map<string, { readonly line: number; readonly labels: string }>();
  for (const row of rows) {
    const record = recordOfListRow(row, { ...open, classes, imageRoot });
    const labels = row.labels.join(" ");
    const first = seen.get(record.image);
    if (first === undefined) {
      seen.set(record.image, { line: row.line, labels });
      yield { list, line: row.line, record };
    } else if (first.labels === labels) {
      counter.repeated += 1;
    } else {
      throw listError(list, row.line, `the picture has other labels in line ${first.line}`);
    }
  }
}

async function* importLines(context: ImportContext): AsyncGenerator<DatasetRecord> {
  const { options, lists, imageRoot, patientOf, pseudonymize, counter } = context;
  const { onMissingImage = "error", onProgress, signal } = options;
  // Read to the end first: a wrong line is found before a million pictures are looked for.
  const lines = lists.flatMap((one) => [...linesOf(one, context)]);
  const looked = mapInOrder(lines, CONCURRENCY, async (one) => ({
    ...one,
    isThere: await isFile(join(imageRoot, one.record.image)),
  }));
  for await (const { list, line, record, isThere } of looked) {
    signal?.throwIfAborted();
    if (!isThere) {
      if (onMissingImage === "error") {
        throw missingImage(list, line, { imageRoot, paths: [record.image] });
      }
      counter.missingImage += 1;
      continue;
    }
    const patient = patientOf(record.image);
    const id = counter.add(record, patient);
    if (counter.records % PROGRESS_LINES === 0) onProgress?.(counter.records);
    yield {
      id: pseudonymize("record", id),
      ...record,
      ...(patient !== undefined && { patient: pseudonymize("patient", patient) }),
    };
  }
  onProgress?.(counter.records);
  if (counter.records > 0) return;
  throw new ManifestError(
    `Cannot import lists: none of their ${counter.missingImage} pictures is in "${imageRoot}"; correct the folder of pictures`,
  );
}

/**
 * Imports classification lists as a dataset folder whose records have the splits of their lists. Pictures are neither copied
 * nor opened. A picture that stands in two lists gets a record in each, so that the leak can be found. Of a private set (the
 * default) record and patient ids become pseudonyms.
 * @throws {ConfigError} when options contradict each other
 * @throws {ManifestError} when a list or a picture is missing or wrong, naming the line; nothing is then written
 */
export async function importLists(options: ImportListOptions): Promise<ListImportSummary> {
  const { out, name, licence, privacy = "private", classes, created, signal } = options;
  const imageRoot = resolve(options.imageRoot);
  const lists = await openLists(options);
  const patientOf = await openPatients(options, imageRoot);
  const pseudonymize = await openPseudonyms(options);
  const manifest: DatasetManifest = {
    format: 1,
    ...{ name, licence, privacy, imageRoot, classes },
    task: ["classify"],
    importer: "list",
    created: created.toISOString(),
  };
  const counter = new ListCounter();
  await writeDataset({
    out,
    manifest,
    records: importLines({ options, lists, imageRoot, patientOf, pseudonymize, counter }),
    ...(signal !== undefined && { signal }),
  });
  return counter.summary();
}
