/** @file Random access to chosen records of a dataset, 8 bytes of memory a record, 16 with contexts. */
import { join } from "node:path";
import { ManifestError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { DATASET_FILES } from "./dataset-files.ts";
import { readPlacedRecords } from "./join.ts";
import type { LinePlace, LineTable } from "./line-table.ts";
import { LineReader, LineTableBuilder, placeAt, tagAt } from "./line-table.ts";
import type { DatasetRecord, Split, WindowPosition } from "./record.ts";
import { parseContext, parseRecord } from "./record.ts";

/** A record with what stands beside it. */
export interface JoinedRecord extends DatasetRecord {
  /** The distilled context of its report. */
  readonly context?: string;
  readonly window?: WindowPosition;
}

/** Which records are wanted; every condition that is given must hold. */
export interface RecordFilter {
  /** Of one of these splits; `none` stands for records without one. */
  readonly splits?: readonly (Split | "none")[];
  /** With a report that is not blank. */
  readonly hasReport?: boolean;
  /** That name an image. */
  readonly hasImage?: boolean;
  /** Is an index of no records an answer, rather than an error? */
  readonly mayBeEmpty?: boolean;
}

/** What a worker needs to open the same index: plain data, its tables on shared memory. */
export interface DatasetIndexHandle {
  readonly folder: string;
  /** Each tagged with its window: 3·row + column, or 15 where there is none. */
  readonly records: LineTable;
  /** Of the same size, or empty where no record has a context. */
  readonly contexts: LineTable;
}

const NO_WINDOW = 15;

/** Does a record meet every condition of a filter? */
function matchesFilter(
  record: DatasetRecord,
  { splits, hasReport, hasImage }: RecordFilter,
): boolean {
  if (splits !== undefined && !splits.includes(record.split ?? "none")) return false;
  if (hasReport !== undefined && hasReport !== ((record.report ?? "").trim() !== "")) return false;
  return hasImage === undefined || hasImage === (record.image !== undefined);
}

function describeFilter({ splits, hasReport, hasImage }: RecordFilter): string {
  const conditions = [
    splits !== undefined && `split ${splits.join(" or ")}`,
    hasReport !== undefined && `${hasReport ? "a" : "no"} report`,
    hasImage !== undefined && `${hasImage ? "an" : "no"} image`,
  ].filter((condition) => condition !== false);
  return conditions.join(", ");
}

function windowCode(window: WindowPosition | undefined): number {
  return window === undefined ? NO_WINDOW : 3 * window.row + window.column;
}

function windowOf(code: number): WindowPosition | undefined {
  const row = Math.floor(code / 3);
  const column = code % 3;
  if ((row !== 0 && row !== 1 && row !== 2) || (column !== 0 && column !== 1 && column !== 2)) {
    return undefined;
  }
  return { row, column };
}

/** The chosen records of a dataset, by their position among them. Files are opened when first needed. */
export class DatasetIndex {
  /** What a worker opens the same index with, by `new DatasetIndex(handle)`. */
  readonly handle: DatasetIndexHandle;
  readonly #records: LineReader;
  readonly #contexts: LineReader;

  constructor(handle: DatasetIndexHandle) {
    this.handle = handle;
    this.#records = new LineReader(join(handle.folder, DATASET_FILES.records));
    this.#contexts = new LineReader(join(handle.folder, DATASET_FILES.context));
  }

  /** How many records were chosen. */
  get size(): number {
    return this.handle.records.size;
  }

  /**
   * The record at a position, from 0, joined with its context and window.
   * @throws {RangeError} when there is no such position
   * @throws {ManifestError} when the files have changed since they were indexed
   */
  async read(position: number): Promise<JoinedRecord> {
    const { records, contexts } = this.handle;
    const place = placeAt(records, position);
    if (place === undefined) throw new RangeError(`Cannot read record ${position}: it has no line`);
    const record = parseRecord(...(await readJsonAt(this.#records, place)));
    const contextPlace = contexts.size === 0 ? undefined : placeAt(contexts, position);
    const window = windowOf(tagAt(records, position));
    return {
      ...record,
      ...(contextPlace !== undefined && {
        context: await readContextAt(this.#contexts, contextPlace, record.id),
      }),
      ...(window !== undefined && { window }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#records[Symbol.asyncDispose]();
    await this.#contexts[Symbol.asyncDispose]();
  }
}

/** The value at a place, and how a message says that it was read. */
async function readJsonAt(
  reader: LineReader,
  place: LinePlace,
): Promise<readonly [value: unknown, attempt: string]> {
  const attempt = `read "${reader.path}" at byte ${place.offset}`;
  const parsed = tryParseJson(await reader.read(place));
  if (parsed === undefined) throw changed(attempt);
  return [parsed.value, attempt];
}

function changed(attempt: string): ManifestError {
  return new ManifestError(`Cannot ${attempt}: the file has changed since it was indexed`);
}

/**
 * The context at a place of `context.jsonl`, which must be that of the record `id`.
 * @throws {ManifestError} when the file has changed since it was indexed
 */
export async function readContextAt(
  reader: LineReader,
  place: LinePlace,
  id: string,
): Promise<string> {
  const [value, attempt] = await readJsonAt(reader, place);
  const context = parseContext(value, attempt);
  if (context.id !== id) throw changed(attempt);
  return context.context;
}

/** What is indexed. */
export interface IndexOptions extends RecordFilter {
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a dataset's records once and keeps the places of those that the filter chooses.
 * @throws {ManifestError} when a line is not valid, or no record is chosen
 */
export async function buildDatasetIndex(options: IndexOptions): Promise<DatasetIndex> {
  const { folder, signal } = options;
  const records = new LineTableBuilder();
  const contexts = new LineTableBuilder();
  let read = 0;
  let withContext = 0;
  for await (const { record, place, context, window } of readPlacedRecords(folder, signal)) {
    read += 1;
    if (!matchesFilter(record, options)) continue;
    records.add(place, windowCode(window));
    contexts.add(context);
    if (context !== undefined) withContext += 1;
  }
  if (records.size === 0 && options.mayBeEmpty !== true) {
    throw new ManifestError(
      `Cannot use dataset "${folder}": none of its ${read} records has ${describeFilter(options)}`,
    );
  }
  return new DatasetIndex({
    folder,
    records: records.finish(),
    contexts: (withContext > 0 ? contexts : new LineTableBuilder()).finish(),
  });
}
