/** @file Opens a dataset folder: the one reader that every command and every task uses. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, ManifestError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { digestFile } from "../util/sha256.ts";
import { DATASET_FILES, exists } from "./dataset-files.ts";
import type { DatasetIndex, JoinedRecord } from "./dataset-index.ts";
import {
  buildDatasetIndex,
  joinedRecord,
  readContextAt,
  requireFreshContext,
} from "./dataset-index.ts";
import { readPlacedRecords } from "./join.ts";
import { LineReader } from "./line-table.ts";
import type { DatasetManifest } from "./record.ts";
import { parseManifest } from "./record.ts";
import type { RecordFilter } from "./record-filter.ts";

/** How records are read. */
export interface RecordsOptions {
  /** Must a context that says of which report it was written be one of the report as it is? No by default. */
  readonly checkContexts?: boolean;
}

/** A dataset folder, its manifest read and its records read when asked. */
export interface Dataset {
  readonly folder: string;
  readonly manifest: DatasetManifest;
  /** The folder that image paths start from, absolute. */
  readonly imageRoot: string;
  /** The folder that mask paths start from, absolute. */
  readonly maskRoot: string;
  /**
   * Every record in file order, joined with its context, its window and its place in `split.jsonl`.
   * @throws {ManifestError} when a line is not valid, an id occurs twice, there is no record, or the split is of other records
   */
  records(signal?: AbortSignal, options?: RecordsOptions): AsyncGenerator<JoinedRecord>;
  /**
   * Random access to the records that a filter chooses.
   * @throws {ManifestError} as `records`, and when none is chosen
   */
  index(filter?: RecordFilter, signal?: AbortSignal): Promise<DatasetIndex>;
  /** The path of an image that a record names. */
  imagePath(image: string): string;
  /** The path of a mask that a record names. */
  maskPath(mask: string): string;
  /** SHA-256, in hex, of everything that the folder's own files say: two runs on equal identities saw equal records. */
  identity(signal?: AbortSignal): Promise<string>;
}

async function readManifest(folder: string): Promise<DatasetManifest> {
  const path = join(folder, DATASET_FILES.manifest);
  const text = await readFile(path, "utf8").catch(async (error: unknown) => {
    if (!ABSENT.has(systemErrorCode(error) ?? "")) throw unreadable(path, error);
    throw new ManifestError(`Cannot open dataset "${folder}": ${await describeAbsence(folder)}`, {
      cause: error,
    });
  });
  const parsed = tryParseJson(text);
  if (parsed === undefined) throw new ManifestError(`Cannot read "${path}": it is not valid JSON`);
  const { value } = parsed;
  const format: unknown =
    typeof value === "object" && value !== null && "format" in value ? value.format : undefined;
  if (typeof format === "number" && format !== 1) {
    throw new ManifestError(
      `Cannot read "${path}": its format is ${format}, expected 1; the folder was written by another version`,
    );
  }
  return parseManifest(value, `read "${path}"`);
}

/** Codes that mean that the folder or its manifest is not there, or is a file. */
const ABSENT = new Set(["ENOENT", "ENOTDIR"]);

function unreadable(path: string, error: unknown): ManifestError {
  return new ManifestError(`Cannot read "${path}": ${describeError(error)}`, { cause: error });
}

async function describeAbsence(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return "no such folder";
  if (!found.isDirectory()) return "it is a file, expected a folder with a dataset.json";
  return `it has no ${DATASET_FILES.manifest}; make a dataset of your files with "ecamp data import"`;
}

async function* joinRecords(
  folder: string,
  signal?: AbortSignal,
  { checkContexts = false }: RecordsOptions = {},
): AsyncGenerator<JoinedRecord> {
  await using contexts = new LineReader(join(folder, DATASET_FILES.context));
  for await (const placed of readPlacedRecords(folder, signal)) {
    if (checkContexts) requireFreshContext(placed, folder);
    const { record, context, window, assignment } = placed;
    const text =
      context === undefined ? undefined : await readContextAt(contexts, context, record.id);
    yield joinedRecord(record, { context: text, window, fraction: assignment?.fraction });
  }
}

async function digestFolder(folder: string, signal: AbortSignal | undefined): Promise<string> {
  const whole = createHash("sha256");
  for (const name of Object.values(DATASET_FILES)) {
    const path = join(folder, name);
    if (await exists(path)) whole.update(`${name}\0${await digestFile(path, signal)}\n`);
  }
  return whole.digest("hex");
}

/**
 * Opens a dataset folder.
 * @throws {ManifestError} when it is not there, has no records file, or its `dataset.json` is not valid
 */
export async function openDataset(folder: string): Promise<Dataset> {
  const manifest = await readManifest(folder);
  const recordsPath = join(folder, DATASET_FILES.records);
  const size = (await stat(recordsPath).catch(() => undefined))?.size;
  if (size === undefined || size === 0) {
    throw new ManifestError(
      `Cannot open dataset "${folder}": its ${DATASET_FILES.records} is ${size === 0 ? "empty" : "missing"}`,
    );
  }
  const imageRoot = resolve(folder, manifest.imageRoot);
  const maskRoot = resolve(folder, manifest.maskRoot ?? manifest.imageRoot);
  return {
    folder,
    manifest,
    imageRoot,
    maskRoot,
    records: (signal, options) => joinRecords(folder, signal, options),
    index: (filter = {}, signal) => buildDatasetIndex({ ...filter, folder, signal }),
    imagePath: (image) => join(imageRoot, image),
    maskPath: (mask) => join(maskRoot, mask),
    identity: (signal) => digestFolder(folder, signal),
  };
}
