/** @file The folder that predictions of picture files are written into: made for its owner alone, never one that holds anything else. */
import { readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileMode, folderMode } from "../../data/dataset-files.ts";
import {
  type FileContent,
  makeFolder,
  systemErrorCode,
  writeFileAtomically,
} from "../../util/atomic-file.ts";
import { describeError, EcampError, UsageError } from "../../util/errors.ts";
import { type Found, findWritten, noteWritten, removeWritten, WRITTEN } from "./written-list.ts";

/** What a kind of prediction writes at the top of its folder. */
export interface PredictionEntries {
  /** The list of everything, which is written last. */
  readonly list: string;
  /** Files and folders beside it. */
  readonly others: readonly string[];
}

/** Where predictions go, and what may be there. */
export interface PredictionFolderOptions {
  readonly entries: PredictionEntries;
  /** Files and folders that are read. */
  readonly sources: readonly string[];
  /** May an earlier prediction of the same kind be replaced? */
  readonly overwrite: boolean;
}

/** Nothing says whose pictures they are: what is made of them is private, as what is made of a private dataset. */
const PRIVACY = "private";

/** A folder of predictions. */
export class PredictionFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the folder, and removes an earlier prediction where that is allowed.
   * @throws {UsageError} when the folder lies among what is read, or holds it
   * @throws {EcampError} when it holds anything, or, where that may be replaced, anything but an earlier prediction of the kind
   */
  static async prepare(
    path: string,
    { entries, sources, overwrite }: PredictionFolderOptions,
  ): Promise<PredictionFolder> {
    await refuseSources(path, sources);
    const found = await entriesOf(path);
    if (found.length > 0) {
      await removeWritten(path, await requireReplaceable(path, found, { entries, overwrite }));
    }
    try {
      await makeFolder(path, { mode: folderMode(PRIVACY) });
      await noteWritten(path, [entries.list], fileMode(PRIVACY));
    } catch (cause) {
      throw writeError(path, describeError(cause), cause);
    }
    return new PredictionFolder(path);
  }

  /** Writes a file whole, and the folders that it lies in. @param name with forward slashes */
  async write(name: string, content: FileContent): Promise<void> {
    const file = join(this.path, name);
    await noteWritten(this.path, [name], fileMode(PRIVACY)).catch((cause: unknown) => {
      throw writeError(this.path, describeError(cause), cause);
    });
    await makeFolder(dirname(file), { mode: folderMode(PRIVACY) });
    await writeFileAtomically(file, content, { mode: fileMode(PRIVACY) });
  }

  /**
   * Writes the files of one picture: all, or none.
   * @throws {LongNameError} when a name is longer than the disk takes
   */
  async writeAll(files: ReadonlyMap<string, FileContent>): Promise<void> {
    const done: string[] = [];
    try {
      for (const [name, content] of files) {
        await this.write(name, content);
        done.push(name);
      }
    } catch (error) {
      if (!isNameTooLong(error)) throw error;
      await Promise.all(done.map((name) => rm(join(this.path, name), { force: true })));
      const name = [...files.keys()][done.length] ?? "";
      throw new LongNameError(
        `Cannot write "${name}": the name is longer than the disk takes; give the picture a shorter one`,
        { cause: error },
      );
    }
  }
}

/** What is made of a picture would have a longer name than the disk takes. */
export class LongNameError extends EcampError {
  override readonly name = "LongNameError";
}

function isNameTooLong(error: unknown): boolean {
  if (systemErrorCode(error) === "ENAMETOOLONG") return true;
  return error instanceof Error && error.cause !== undefined && isNameTooLong(error.cause);
}

/** Masks among the pictures would be taken for pictures by the next call, and what is replaced may not be what is read. */
async function refuseSources(path: string, sources: readonly string[]): Promise<void> {
  const place = await placeOf(path);
  for (const source of sources) {
    const read = await placeOf(source);
    const isFolder = (await stat(read)).isDirectory();
    const refuse = (found: string): never => {
      throw new UsageError(
        `Cannot write predictions into "${path}": ${found} "${source}", which is read; choose a folder apart from it`,
      );
    };
    if (isFolder && isWithin(place, read)) refuse(place === read ? "it is" : "it lies in");
    if (isWithin(read, place)) refuse("it holds");
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== ".." && !way.startsWith(`..${sep}`);
}

/** Where a path leads; of what is not there yet, where it would be. */
async function placeOf(path: string): Promise<string> {
  const whole = resolve(path);
  return realpath(whole).catch(async (error: unknown) => {
    if (dirname(whole) === whole) throw error;
    return join(await placeOf(dirname(whole)), basename(whole));
  });
}

async function entriesOf(path: string): Promise<readonly string[]> {
  return readdir(path).catch((error: unknown) => {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return [];
    const reason = code === "ENOTDIR" ? "there is a file of that name" : describeError(error);
    throw writeError(path, reason, error);
  });
}

/** What an earlier prediction of the same kind has written, and nothing else lies beside. */
async function requireReplaceable(
  path: string,
  found: readonly string[],
  { entries: { list, others }, overwrite }: Omit<PredictionFolderOptions, "sources">,
): Promise<Found> {
  if (!overwrite) {
    throw writeError(
      path,
      "it is not empty; choose a new folder, or replace an earlier prediction with --overwrite",
    );
  }
  const written = await findWritten(path);
  const isOther = (name: string): boolean => ![list, WRITTEN, ...others].includes(name);
  const foreign = found.find((name) => isOther(name) && written?.own.includes(name) !== true);
  if (foreign !== undefined) {
    throw writeError(
      path,
      `it holds "${foreign}", which is no part of such a prediction; choose another folder`,
    );
  }
  if (written === undefined) {
    throw writeError(
      path,
      `it is not empty and has no "${WRITTEN}", so it is no earlier prediction; choose another folder, or empty it`,
    );
  }
  const [stranger] = written.foreign;
  if (stranger !== undefined) {
    throw writeError(
      path,
      `it holds "${stranger}", which the earlier prediction has not written; move it away, or choose another folder`,
    );
  }
  return written;
}

function writeError(path: string, found: string, cause?: unknown): EcampError {
  return new EcampError(`Cannot write predictions into "${path}": ${found}`, { cause });
}
