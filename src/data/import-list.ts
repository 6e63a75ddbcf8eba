/** @file Imports published classification lists, one a split, as a dataset folder. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigError, type ManifestError } from "../util/errors.ts";
import { openForReading } from "../util/jsonl.ts";
import { parseLabelList } from "./lists/label-list.ts";
import { type PatientOf, patientsFromPattern, patientsFromTable } from "./lists/list-patients.ts";
import { type ListedRecord, listTask, recordOfListRow } from "./lists/list-record.ts";
import { type ListText, listError } from "./lists/list-text.ts";
import { mapInOrder } from "./map-in-order.ts";
import { openIdKey, type Pseudonymize, pseudonymizer } from "./pseudonym.ts";
import type { DatasetManifest, DatasetRecord, Privacy, Split } from "./record.ts";
import { SPLITS } from "./split/assign-splits.ts";
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

/** What an import of lists did. */
export interface ListImportSummary {
  readonly imported: Readonly<Record<Split, number>>;
  /** Lines that repeat one of the same list, word for word. */
  readonly repeated: number;
  /** Lines whose picture is not there. */
  readonly missingImage: number;
  /** Pictures that stand in more than one list; each list has its record. */
  readonly inSeveralLists: number;
  readonly patients: number;
  /** Records of which no patient is known. */
  readonly withoutPatient: number;
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

async function readList(source: string): Promise<ListText> {
  const handle = await openForReading(source);
  try {
    return { source, text: await handle.readFile("utf8") };
  } finally {
    await handle.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Counts what happens to the lines. */
class ListCounter {
  readonly imported: Record<Split, number> = { train: 0, val: 0, test: 0 };
  repeated = 0;
  missingImage = 0;
  withoutPatient = 0;
  readonly #patients = new Set<string>();
  /** The split of each picture's first record. */
  readonly #images = new Map<string, Split>();
  readonly #shared = new Set<string>();

  /** How many records there are. */
  get records(): number {
    return SPLITS.reduce((sum, split) => sum + this.imported[split], 0);
  }

  /**
   * Counts a record.
   * @returns its id: the picture's path, followed by the split where another list has the picture already
   */
  add({ image, split }: ListedRecord, patient: string | undefined): string {
    this.imported[split] += 1;
    if (patient === undefined) this.withoutPatient += 1;
    else this.#patients.add(patient);
    const isFirst = !this.#images.has(image);
    if (isFirst) this.#images.set(image, split);
    else this.#shared.add(image);
    return isFirst ? image : `${image} (${split})`;
  }

  summary(): ListImportSummary {
    const { imported, repeated, missingImage, withoutPatient } = this;
    return {
      ...{ imported, repeated, missingImage, withoutPatient },
      inSeveralLists: this.#shared.size,
      patients: this.#patients.size,
    };
  }
}

/** The lines of one list; one that repeats another is left out, one that contradicts another is an error. */
function* linesOf(
  list: ListText,
  { split, classes }: { readonly split: Split; readonly classes: readonly string[] },
  counter: ListCounter,
): Generator<ListedLine> {
  const rows = parseLabelList(list);
  const context = { list, split, classes, task: listTask(rows, { list, classes }) };
  const seen = new Map<string, { readonly line: number; readonly labels: string }>();
  for (const row of rows) {
    const record = recordOfListRow(row, context);
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

interface ImportContext {
  readonly options: ImportListOptions;
  readonly lists: readonly (readonly [Split, ListText])[];
  readonly patientOf: PatientOf;
  readonly pseudonymize: Pseudonymize;
  readonly counter: ListCounter;
}

async function* importLines(context: ImportContext): AsyncGenerator<DatasetRecord> {
  const { options, lists, patientOf, pseudonymize, counter } = context;
  const { imageRoot, classes, onMissingImage = "error", onProgress, signal } = options;
  const lines = lists.flatMap(([split, list]) => [...linesOf(list, { split, classes }, counter)]);
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
}

function missingImage(list: ListText, line: number, imageRoot: string): ManifestError {
  return listError(
    list,
    line,
    `its picture is not in "${imageRoot}"; correct the folder of pictures, or skip pictures that are not there`,
  );
}

async function openPatients({
  patientsFile,
  patientPattern,
}: ImportListOptions): Promise<PatientOf> {
  if (patientsFile !== undefined && patientPattern !== undefined) {
    throw new ConfigError("Cannot import lists: both a table and a pattern of patients are given");
  }
  if (patientsFile !== undefined) return patientsFromTable(await readList(patientsFile));
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

async function openLists({
  lists,
  classes,
}: ImportListOptions): Promise<readonly (readonly [Split, ListText])[]> {
  const repeated = classes.find((name, c) => classes.indexOf(name) !== c);
  if (repeated !== undefined || classes.length === 0) {
    const found = repeated === undefined ? "no class is named" : `"${repeated}" is named twice`;
    throw new ConfigError(
      `Cannot import lists: ${found}, expected the classes in the lists' order`,
    );
  }
  const open: (readonly [Split, ListText])[] = [];
  for (const split of SPLITS) {
    const source = lists[split];
    if (source !== undefined) open.push([split, await readList(source)]);
  }
  const tasks = open.map(([, list]) => listTask(parseLabelList(list), { list, classes }));
  if (new Set(tasks).size > 1) {
    throw new ConfigError(
      `Cannot import lists: ${open.map(([split], i) => `${split} is ${tasks[i]}`).join(", ")}, expected lists of one form`,
    );
  }
  if (open.length > 0) return open;
  throw new ConfigError("Cannot import lists: none is given, expected one for train, val or test");
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
  const lists = await openLists(options);
  const [patientOf, pseudonymize] = [await openPatients(options), await openPseudonyms(options)];
  const imageRoot = resolve(options.imageRoot);
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
    records: importLines({
      ...{ lists, patientOf, pseudonymize, counter },
      options: { ...options, imageRoot },
    }),
    ...(signal !== undefined && { signal }),
  });
  return counter.summary();
}
