/**
 * @file Random access to chosen records of a dataset: 8 bytes of memory a record, 4 more with contexts, 4 more with attention maps,
 * 1 more with a split file.
 */
import { join } from "node:path";
import { ManifestError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { sha256 } from "../util/sha256.ts";
import { type AssignmentTable, AssignmentTableBuilder } from "./assignment-table.ts";
import { DATASET_FILES } from "./dataset-files.ts";
import { assignSplit, type PlacedRecord, readPlacedRecords } from "./join.ts";
import {
  changed,
  countStarts,
  type FoundLine,
  LineStartReader,
  type LineStarts,
  LineStartsBuilder,
} from "./line-starts.ts";
import type { LinePlace, LineTable } from "./line-table.ts";
import { LineReader, LineTableBuilder, placeAt, tagAt } from "./line-table.ts";
import type { DatasetRecord, WindowPosition } from "./record.ts";
import { parseContext, parseRecord, parseWindow } from "./record.ts";
import { describeFilter, matchesFilter, type RecordFilter } from "./record-filter.ts";
import { requireFraction } from "./split/split-file.ts";
import { decodeWindowMap } from "./window-map.ts";

/** A record with what stands beside it. */
export interface JoinedRecord extends DatasetRecord {
  /** The distilled context of its report. */
  readonly context?: string;
  readonly window?: WindowPosition;
  /** Of a training record, the smallest percentage of the labels that holds it; absent where there is no `split.jsonl`. */
  readonly fraction?: number;
}

/** What a worker needs to open the same index: plain data, its tables on shared memory. */
export interface DatasetIndexHandle {
  readonly folder: string;
  /** Each tagged with its window: 3·row + column, or 15 where there is none. */
  readonly records: LineTable;
  /** Of the same size, or empty where no record has a context. */
  readonly contexts: LineStarts;
  /** Of the same size, or empty where no record has a window with a map. */
  readonly maps: LineStarts;
  /** What `split.jsonl` says of each record; absent where there is no such file. */
  readonly assignments?: AssignmentTable;
}

const NO_WINDOW = 15;

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
  readonly #contexts: LineStartReader;
  readonly #windows: LineStartReader;

  constructor(handle: DatasetIndexHandle) {
    this.handle = handle;
    this.#records = new LineReader(join(handle.folder, DATASET_FILES.records));
    this.#contexts = new LineStartReader(join(handle.folder, DATASET_FILES.context));
    this.#windows = new LineStartReader(join(handle.folder, DATASET_FILES.window));
  }

  /** How many records were chosen. */
  get size(): number {
    return this.handle.records.size;
  }

  /** How many of the records have a context, and how many a window. */
  counts(): { readonly contexts: number; readonly windows: number } {
    const { records, contexts } = this.handle;
    let windows = 0;
    for (let position = 0; position < records.size; position++) {
      if (windowOf(tagAt(records, position)) !== undefined) windows += 1;
    }
    return { contexts: countStarts(contexts), windows };
  }

  /**
   * The record at a position, from 0, joined with its context, window and split.
   * @throws {RangeError} when there is no such position
   * @throws {ManifestError} when the files have changed since they were indexed
   */
  async read(position: number): Promise<JoinedRecord> {
    const { records, contexts, assignments } = this.handle;
    const place = placeAt(records, position);
    if (place === undefined) throw new RangeError(`Cannot read record ${position}: it has no line`);
    const own = parseRecord(...(await readJsonAt(this.#records, place)));
    const contextLine = await this.#contexts.read(contexts, position);
    const assignment = assignments?.values[assignments.codes[position] ?? -1];
    const context = contextLine === undefined ? undefined : contextOf(contextLine, own.id);
    return joinedRecord(assignment === undefined ? own : assignSplit(own, assignment), {
      context,
      window: windowOf(tagAt(records, position)),
      fraction: assignment?.fraction,
    });
  }

  /**
   * The attention map, [14, 14], that the window of the record at a position carries, if there is one.
   * @param id the record's
   * @throws {ManifestError} when the file has changed since it was indexed
   */
  async readMap(position: number, id: string): Promise<Float64Array | undefined> {
    const line = await this.#windows.read(this.handle.maps, position);
    if (line === undefined) return undefined;
    const window = parseWindow(jsonOf(line), line.attempt);
    if (window.id !== id || window.map === undefined) throw changed(line.attempt);
    return decodeWindowMap(window.map);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#records[Symbol.asyncDispose]();
    await this.#contexts[Symbol.asyncDispose]();
    await this.#windows[Symbol.asyncDispose]();
  }
}

/** What stands beside a record. */
interface Beside {
  readonly context: string | undefined;
  readonly window: WindowPosition | undefined;
  readonly fraction: number | undefined;
}

/** A record with what stands beside it; what does not is left out. */
export function joinedRecord(
  record: DatasetRecord,
  { context, window, fraction }: Beside,
): JoinedRecord {
  return {
    ...record,
    ...(context !== undefined && { context }),
    ...(window !== undefined && { window }),
    ...(fraction !== undefined && { fraction }),
  };
}

/** The value at a place, and how a message says that it was read. */
async function readJsonAt(
  reader: LineReader,
  place: LinePlace,
): Promise<readonly [value: unknown, attempt: string]> {
  const line = {
    text: await reader.read(place),
    attempt: `read "${reader.path}" at byte ${place.offset}`,
  };
  return [jsonOf(line), line.attempt];
}

function jsonOf({ text, attempt }: FoundLine): unknown {
  const parsed = tryParseJson(text);
  if (parsed === undefined) throw changed(attempt);
  return parsed.value;
}

/** The context that a line of `context.jsonl` has for the record `id`. */
function contextOf(line: FoundLine, id: string): string {
  const context = parseContext(jsonOf(line), line.attempt);
  if (context.id !== id) throw changed(line.attempt);
  return context.context;
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
  const attempt = `read "${reader.path}" at byte ${place.offset}`;
  return contextOf({ text: await reader.read(place), attempt }, id);
}

/**
 * Refuses a context that was written for another text than the record's report.
 * @throws {ManifestError} naming the record
 */
export function requireFreshContext(
  { record: { id, report }, contextReportHash }: PlacedRecord,
  folder: string,
): void {
  if (contextReportHash === undefined) return;
  if (report !== undefined && contextReportHash === sha256(report)) return;
  throw new ManifestError(
    `Cannot use the context of record ${JSON.stringify(id)}: ${report === undefined ? "the record has no report" : "it was written for another text than the record's report"}; write it anew with "ecamp distill run ${folder}"`,
  );
}

/** What is indexed. */
export interface IndexOptions extends RecordFilter {
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a dataset's records once and keeps the places of those that the filter chooses.
 * @throws {ManifestError} when a line is not valid, no record is chosen, or the fraction is none of `split.jsonl`
 */
export async function buildDatasetIndex(options: IndexOptions): Promise<DatasetIndex> {
  const { folder, signal, fraction } = options;
  if (fraction !== undefined) await requireFraction(folder, fraction);
  const records = new LineTableBuilder();
  const contexts = new LineStartsBuilder();
  const maps = new LineStartsBuilder();
  const assigned = new AssignmentTableBuilder();
  let read = 0;
  for await (const placed of readPlacedRecords(folder, signal, options)) {
    read += 1;
    if (!matchesFilter(placed, options)) continue;
    if (options.checkContexts === true) requireFreshContext(placed, folder);
    records.add(placed.place, windowCode(placed.window));
    contexts.add(placed.context);
    maps.add(placed.map);
    assigned.add(placed.assignment);
  }
  if (records.size === 0 && options.mayBeEmpty !== true) {
    throw new ManifestError(
      `Cannot use dataset "${folder}": none of its ${read} records has ${describeFilter(options)}`,
    );
  }
  const assignments = assigned.finish();
  return new DatasetIndex({
    folder,
    records: records.finish(),
    contexts: contexts.finish(),
    maps: maps.finish(),
    ...(assignments !== undefined && { assignments }),
  });
}
