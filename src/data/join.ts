/** @file Passes over a dataset's records and joins what stands beside by id: `context.jsonl`, `window.jsonl`, `split.jsonl`. */
import { join } from "node:path";
import { ManifestError } from "../util/errors.ts";
import { readJsonLines } from "../util/jsonl.ts";
import { DATASET_FILES, exists } from "./dataset-files.ts";
import type { LinePlace } from "./line-table.ts";
import type { DatasetRecord, WindowPosition } from "./record.ts";
import { parseContext, parseRecord, parseWindow } from "./record.ts";
import type { SplitAssignment } from "./split/assign-splits.ts";
import { readSplitTable, type SplitTable, staleSplit } from "./split/split-file.ts";

/** A record with where its line is. */
export interface OwnRecord {
  readonly record: DatasetRecord;
  /** Its line in `records.jsonl`. */
  readonly place: LinePlace;
}

/** A record, of the split that `split.jsonl` gives it where there is one, with where its context's line is. */
export interface PlacedRecord extends OwnRecord {
  /** What `split.jsonl` says of it. */
  readonly assignment?: SplitAssignment;
  /** Its line in `context.jsonl`, where it has one. */
  readonly context?: LinePlace;
  /** SHA-256 of the report that its context was written for, where the context says so. */
  readonly contextReportHash?: string;
  readonly window?: WindowPosition;
  /** Its line in `window.jsonl`, where that carries a map. */
  readonly map?: LinePlace;
}

/** Reads the lines of one sidecar into a map by id. */
interface SidecarReader<T> {
  readonly path: string;
  /** The id and what is kept of a line. */
  readonly parse: (value: unknown, attempt: string, place: LinePlace) => readonly [string, T];
  readonly signal: AbortSignal | undefined;
}

async function readSidecar<T>({
  path,
  parse,
  signal,
}: SidecarReader<T>): Promise<ReadonlyMap<string, T> | undefined> {
  if (!(await exists(path))) return undefined;
  const byId = new Map<string, T>();
  for await (const { value, line, offset, length } of readJsonLines(path, signalOption(signal))) {
    const attempt = `read "${path}" line ${line}`;
    const [id, kept] = parse(value, attempt, { offset, length });
    if (byId.has(id)) {
      throw new ManifestError(`Cannot ${attempt}: id ${JSON.stringify(id)} has a line before it`);
    }
    byId.set(id, kept);
  }
  return byId;
}

/** An optional signal as the options of a reader, whose keys are absent rather than undefined. */
export function signalOption(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

type PlacedContext = Required<Pick<PlacedRecord, "context">> &
  Pick<PlacedRecord, "contextReportHash">;
type PlacedWindow = Required<Pick<PlacedRecord, "window">> & Pick<PlacedRecord, "map">;

interface Sidecars {
  readonly contexts: ReadonlyMap<string, PlacedContext> | undefined;
  readonly windows: ReadonlyMap<string, PlacedWindow> | undefined;
}

/** What stands beside and is not joined. */
export interface JoinOptions {
  /** Leave `window.jsonl` unread? */
  readonly withoutWindows?: boolean;
}

async function readSidecars(
  folder: string,
  signal: AbortSignal | undefined,
  { withoutWindows = false }: JoinOptions,
): Promise<Sidecars> {
  const contexts = await readSidecar({
    path: join(folder, DATASET_FILES.context),
    parse: (value, attempt, context) => {
      const { id, reportHash } = parseContext(value, attempt);
      const of = reportHash === undefined ? {} : { contextReportHash: reportHash };
      return [id, { context, ...of }] as const;
    },
    signal,
  });
  if (withoutWindows) return { contexts, windows: undefined };
  const windows = await readSidecar({
    path: join(folder, DATASET_FILES.window),
    parse: (value, attempt, place) => {
      const { id, row, column, map } = parseWindow(value, attempt);
      const carried = map === undefined ? {} : { map: place };
      return [id, { window: { row, column }, ...carried }] as const;
    },
    signal,
  });
  return { contexts, windows };
}

function requireMatch(path: string, lines: number | undefined, matched: number): void {
  if (lines === undefined || lines === 0 || matched > 0) return;
  throw new ManifestError(
    `Cannot join "${path}": none of its ${lines} ids is that of a record; was it made from another import of the data?`,
  );
}

/**
 * Every record in order, as `records.jsonl` alone has it.
 * @throws {ManifestError} when a line is not valid, an id occurs twice or there is no record
 */
export async function* readOwnRecords(
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<OwnRecord> {
  const path = join(folder, DATASET_FILES.records);
  const lineOf = new Map<string, number>();
  for await (const { value, line, offset, length } of readJsonLines(path, signalOption(signal))) {
    const record = parseRecord(value, `read "${path}" line ${line}`);
    const first = lineOf.get(record.id);
    if (first !== undefined) {
      throw new ManifestError(
        `Cannot read "${path}" line ${line}: id ${JSON.stringify(record.id)} is also that of line ${first}, expected unique ids`,
      );
    }
    lineOf.set(record.id, line);
    yield { record, place: { offset, length } };
  }
  if (lineOf.size === 0) {
    throw new ManifestError(`Cannot use dataset "${folder}": "${path}" holds not a single record`);
  }
}

/** A record with the split that it is given in the place of its own. */
export function assignSplit(record: DatasetRecord, { split }: SplitAssignment): DatasetRecord {
  const { split: _own, ...rest } = record;
  return split === undefined ? rest : { ...rest, split };
}

/** What a split says of a record; it must say something of each. */
function assignmentOf(
  splits: SplitTable | undefined,
  id: string,
  folder: string,
): SplitAssignment | undefined {
  const assignment = splits?.byId.get(id);
  if (splits === undefined || assignment !== undefined) return assignment;
  throw staleSplit(folder, `it has no line for the record ${JSON.stringify(id)}`);
}

/**
 * Every record in order, joined with its context, window and split. Checks what must hold of the whole: ids are unique, there is
 * at least one record, and a file that stands beside belongs to these records.
 * @throws {ManifestError} when that is not so, or a line is not valid
 */
export async function* readPlacedRecords(
  folder: string,
  signal?: AbortSignal,
  options: JoinOptions = {},
): AsyncGenerator<PlacedRecord> {
  const { contexts, windows } = await readSidecars(folder, signal, options);
  const splits = await readSplitTable(folder, signal);
  let read = 0;
  let withContext = 0;
  let withWindow = 0;
  for await (const { record, place } of readOwnRecords(folder, signal)) {
    read += 1;
    const context = contexts?.get(record.id);
    const window = windows?.get(record.id);
    const assignment = assignmentOf(splits, record.id, folder);
    if (context !== undefined) withContext += 1;
    if (window !== undefined) withWindow += 1;
    yield {
      record: assignment === undefined ? record : assignSplit(record, assignment),
      place,
      ...(assignment !== undefined && { assignment }),
      ...context,
      ...window,
    };
  }
  requireMatch(join(folder, DATASET_FILES.context), contexts?.size, withContext);
  requireMatch(join(folder, DATASET_FILES.window), windows?.size, withWindow);
  if (splits !== undefined && splits.byId.size > read) {
    throw staleSplit(folder, `it has lines for ${splits.byId.size - read} ids of no record`);
  }
}
