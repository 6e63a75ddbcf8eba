/** @file Imports classification lists, one a split, as a dataset folder. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError, ManifestError } from "../util/errors.ts";
import { ListCounter, type ListImportSummary } from "./lists/list-counter.ts";
import { type PatientOf, patientsFromPattern, patientsFromTable } from "./lists/list-patients.ts";
import { type ListedRecord, recordOfListRow } from "./lists/list-record.ts";
import { type ListText, listError } from "./lists/list-text.ts";
import { type OpenList, openLists, readListText } from "./lists/open-lists.ts";
import { mapInOrder } from "./map-in-order.ts";
import { openIdKey, type Pseudonymize, pseudonymizer } from "./pseudonym.ts";
import type { DatasetManifest, DatasetRecord, Privacy, Split } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

/** What is imported, from where, and what becomes of it. */
export interface ImportListOptions {
  /** The list file of each split; at least one. */
  readonly lists: Readonly<Partial<Record<Split, string>>>;
  /** The folder that the lists' paths are relative to. Pictures stay where they are. */
  readonly imageRoot: string;
  /** The classes, in the order of the lists' columns, or of the numbers in their one column. */
  readonly classes: readonly string[];
  /** The dataset folder to make. */
  readonly out: string;
  readonly name: string;
  readonly licence: string;
  /** A table of two columns, path and patient. */
  readonly patientsFile?: string;
  /** A regular expression whose first group over the path is the patient. */
  readonly patientPattern?: string;
  /** `private` by default. */
  readonly privacy?: Privacy;
  /** Keep ids as they are? By default only in a public set. */
  readonly keepIds?: boolean;
  /** The file of the key for pseudonyms, outside the dataset; made when absent. Needed unless ids are kept. */
  readonly idKeyFile?: string;
  /** What to do with a picture that is not there; `error` by default. */
  readonly onMissingImage?: "error" | "skip";
  /** The date and time to note, as the caller's clock has it. */
  readonly created: Date;
  /** Told now and then how many lines have been imported. */
  readonly onProgress?: (lines: number) => void;
  readonly signal?: AbortSignal;
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

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

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
      if (onMissingImage === "error") throw missingImage(list, line, imageRoot);
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

function missingImage(list: ListText, line: number, imageRoot: string): ManifestError {
  return listError(
    list,
    line,
    `its picture is not in "${imageRoot}"; correct the folder of pictures, or skip pictures that are not there`,
  );
}

async function openPatients(
  { patientsFile, patientPattern }: ImportListOptions,
  imageRoot: string,
): Promise<PatientOf> {
  if (patientsFile !== undefined && patientPattern !== undefined) {
    throw new ConfigError(
      "Cannot import lists: both a table and a pattern of patients are given, expected one of them",
    );
  }
  if (patientsFile !== undefined) {
    return patientsFromTable(await readListText(patientsFile), imageRoot);
  }
  return patientPattern === undefined ? () => undefined : patientsFromPattern(patientPattern);
}

async function openPseudonyms({
  privacy = "private",
  keepIds = privacy === "public",
  idKeyFile,
}: ImportListOptions): Promise<Pseudonymize> {
  if (keepIds) return (_, id) => id;
  if (idKeyFile === undefined) {
    throw new ConfigError(
      "Cannot import lists as a private set: no key file for pseudonyms is named; name one, or keep the ids",
    );
  }
  return pseudonymizer(await openIdKey(idKeyFile));
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
