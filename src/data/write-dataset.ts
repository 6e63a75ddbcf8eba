/** @file Writes a dataset folder, every line validated; the folder appears when it is complete. */
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFolderAtomically } from "../util/atomic-file.ts";
import { ManifestError } from "../util/errors.ts";
import { DATASET_FILES, fileMode, folderMode } from "./dataset-files.ts";
import type {
  ContextRecord,
  DatasetManifest,
  DatasetRecord,
  Privacy,
  WindowRecord,
} from "./record.ts";
import { parseContext, parseManifest, parseRecord, parseWindow } from "./record.ts";

/** Items that are at hand, or that arrive one by one. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** What a dataset folder is made of. */
export interface WriteDatasetOptions {
  /** The folder to make: new, or empty. */
  readonly out: string;
  readonly manifest: DatasetManifest;
  /**
   * The records in order; or a function that yields them and may write pictures below the folder that it is given, which is
   * renamed to `out` in the end.
   */
  readonly records: Items<DatasetRecord> | ((folder: string) => Items<DatasetRecord>);
  /** The distilled contexts, each of a record's id; asked for after the last record. */
  readonly context?: Items<ContextRecord>;
  /** The windows, each of a record's id; asked for after the last record. */
  readonly windows?: Items<WindowRecord>;
  /** The manifest as it is to be written, made after the last record; its privacy must stay. */
  readonly finishManifest?: (manifest: DatasetManifest) => DatasetManifest;
  /** Stops the writing; nothing is left behind. */
  readonly signal?: AbortSignal;
}

const FLUSH_CHARACTERS = 1 << 18;

interface LineSink<T> {
  readonly path: string;
  readonly privacy: Privacy;
  readonly items: Items<T>;
  /** The item as it is to be written. */
  readonly check: (item: T, attempt: string) => T;
  readonly signal: AbortSignal | undefined;
}

async function writeLines<T>({
  path,
  privacy,
  items,
  check,
  signal,
}: LineSink<T>): Promise<number> {
  const handle = await open(path, "wx", fileMode(privacy));
  try {
    let pending = "";
    let count = 0;
    for await (const item of items) {
      signal?.throwIfAborted();
      count += 1;
      pending += `${JSON.stringify(check(item, `write record ${count}`))}\n`;
      if (pending.length < FLUSH_CHARACTERS) continue;
      await handle.writeFile(pending);
      pending = "";
    }
    await handle.writeFile(pending);
    return count;
  } finally {
    await handle.close();
  }
}

function requireUnseen(ids: Set<string>, id: string, what: string): void {
  if (ids.has(id)) {
    throw new ManifestError(
      `Cannot write the dataset: ${what} id ${JSON.stringify(id)} occurs twice, expected unique ids`,
    );
  }
  ids.add(id);
}

function requireKnown(ids: ReadonlySet<string>, id: string, what: string): void {
  if (ids.has(id)) return;
  throw new ManifestError(
    `Cannot write the dataset: a ${what} has the id ${JSON.stringify(id)}, which no record has`,
  );
}

/** Writes `context.jsonl` or `window.jsonl`: one line for each id at most, and only for ids of records. */
async function writeSidecar<T extends { readonly id: string }>(
  sink: Omit<LineSink<T>, "check"> & { parse(item: T, attempt: string): T; what: string },
  recordIds: ReadonlySet<string>,
): Promise<void> {
  const seen = new Set<string>();
  const check = (item: T, attempt: string): T => {
    const parsed = sink.parse(item, attempt);
    requireKnown(recordIds, parsed.id, sink.what);
    requireUnseen(seen, parsed.id, sink.what);
    return parsed;
  };
  await writeLines({ ...sink, check });
}

async function fillFolder(folder: string, options: WriteDatasetOptions): Promise<number> {
  const { manifest, records, context, windows, signal } = options;
  const { privacy } = manifest;
  const ids = new Set<string>();
  const count = await writeLines({
    path: join(folder, DATASET_FILES.records),
    items: typeof records === "function" ? records(folder) : records,
    check: (item: DatasetRecord, attempt) => {
      const record = parseRecord(item, attempt);
      requireUnseen(ids, record.id, "record");
      return record;
    },
    privacy,
    signal,
  });
  if (count === 0) {
    throw new ManifestError(`Cannot write dataset "${options.out}": there is not a single record`);
  }
  const common = { privacy, signal };
  if (context !== undefined) {
    const path = join(folder, DATASET_FILES.context);
    const sink = { ...common, path, items: context, parse: parseContext, what: "context" };
    await writeSidecar<ContextRecord>(sink, ids);
  }
  if (windows !== undefined) {
    const path = join(folder, DATASET_FILES.window);
    const sink = { ...common, path, items: windows, parse: parseWindow, what: "window" };
    await writeSidecar<WindowRecord>(sink, ids);
  }
  return count;
}

/**
 * Writes a dataset folder. It appears whole, or not at all; a folder with entries is not overwritten. The files of a private
 * set can be read by their owner alone.
 * @returns the number of records
 * @throws {ManifestError} when a record is not valid, an id occurs twice, or there are no records
 * @throws {EcampError} when `out` is occupied or cannot be written
 */
export async function writeDataset(options: WriteDatasetOptions): Promise<number> {
  const manifest = parseManifest(options.manifest, "write the manifest");
  const { finishManifest = (final: DatasetManifest) => final } = options;
  return writeFolderAtomically(
    options.out,
    async (folder) => {
      const count = await fillFolder(folder, { ...options, manifest });
      const finished = parseManifest(
        { ...finishManifest(manifest), privacy: manifest.privacy },
        "write the manifest",
      );
      await writeFile(
        join(folder, DATASET_FILES.manifest),
        `${JSON.stringify(finished, undefined, 2)}\n`,
        { flag: "wx", mode: fileMode(manifest.privacy) },
      );
      return count;
    },
    { mode: folderMode(manifest.privacy) },
  );
}
