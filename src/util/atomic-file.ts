/** @file Files and folders that appear whole or not at all: written aside, flushed to the disk, then renamed. */
import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { describeError, EcampError } from "./errors.ts";

/** What a file is made of: text (UTF-8), bytes, or pieces that are written one after another. */
export type FileContent =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/** How a file is written. */
export interface AtomicFileOptions {
  /** Permission bits before the umask, such as 0o600 for a private file; 0o666 by default. */
  readonly mode?: number;
}

/** How a folder is written. */
export interface AtomicFolderOptions {
  /** Permission bits before the umask, such as 0o700 for a private folder; 0o777 by default. */
  readonly mode?: number;
  /**
   * What to do when something with entries stands at the path: `refuse` (the default) throws, `replace` moves it aside and
   * deletes it once the new folder is in place.
   */
  readonly existing?: "refuse" | "replace";
}

/** Pieces larger than this are written in parts: one write call of 2 GiB or more is cut short by the kernel. */
const MAX_WRITE_BYTES = 1 << 28;

/** Codes by which a platform says that a directory cannot be flushed; there the rename itself is durable enough. */
const UNSYNCABLE = new Set(["EISDIR", "EPERM", "EINVAL", "ENOTSUP", "EACCES"]);

/** The code of a system error such as `ENOENT`, or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Codes by which a system says that no more fits: the disk is full, or the user's share of it. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** Was something not written because the disk is full? Looks through the error's causes too. */
export function isDiskFull(error: unknown): boolean {
  if (FULL.has(systemErrorCode(error) ?? "")) return true;
  return error instanceof Error && error.cause !== undefined && isDiskFull(error.cause);
}

/** So many characters of a name are kept aside, at most four bytes each: with what is added, disks take 255 bytes. */
const KEPT_ASIDE = 50;

const keptOf = (path: string): string => Array.from(basename(path)).slice(0, KEPT_ASIDE).join("");

function asideOf(path: string): string {
  return join(dirname(path), `.${keptOf(path)}.${randomUUID()}.tmp`);
}

const ASIDE = /^\.(.*)\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.tmp$/s;

/** Of a name that a kill leaves when a file was being written: the beginning of that file's own name; undefined of any other name. */
export const nameBehindAside = (name: string): string | undefined => ASIDE.exec(name)?.[1];

/** Is a file what a kill leaves beside `path` when that was being written? */
export const isAsideOf = (file: string, path: string): boolean =>
  nameBehindAside(basename(file)) === keptOf(path) && dirname(file) === dirname(path);

/** Is it the disk that refuses `path` or `aside`, rather than a failure of whoever produced the content? */
function isRefusal(error: unknown, paths: readonly string[]): boolean {
  if (systemErrorCode(error) === undefined || !(error instanceof Error)) return false;
  if ("syscall" in error && (error.syscall === "write" || error.syscall === "fsync")) return true;
  if (!("path" in error) || typeof error.path !== "string") return false;
  const failed = error.path;
  if ("syscall" in error && error.syscall === "mkdir" && paths.some((p) => p.startsWith(failed))) {
    return true; // a folder above
  }
  return paths.some((path) => failed.startsWith(path));
}

function describeFailure(error: unknown, path: string, aside: string): unknown {
  if (!isRefusal(error, [aside, path])) return error;
  return new EcampError(`Cannot write "${path}": ${describeError(error)}`, { cause: error });
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes a directory's entries to the disk, where the platform can. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    await syncPath(directory);
  } catch (error) {
    if (!UNSYNCABLE.has(systemErrorCode(error) ?? "")) throw error;
  }
}

/** Flushes every file and directory below `directory`, innermost first. */
async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncDirectory(directory);
}

async function writeBytes(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - offset, MAX_WRITE_BYTES);
    offset += (await handle.write(bytes, offset, length)).bytesWritten;
  }
}

async function writeContent(handle: FileHandle, content: FileContent): Promise<void> {
  if (typeof content === "string") return writeBytes(handle, Buffer.from(content, "utf8"));
  if (content instanceof Uint8Array) return writeBytes(handle, content);
  for await (const piece of content) await writeContent(handle, piece);
}

/**
 * Writes a file so that a reader sees the old content or the new, never a part: a temporary file beside it is written,
 * flushed and renamed over it, and the directory is flushed. When the content cannot be produced, nothing is left behind.
 * @throws {EcampError} when the disk refuses; errors of `content` itself pass through
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  { mode = 0o666 }: AtomicFileOptions = {},
): Promise<void> {
  const aside = asideOf(path);
  try {
    const handle = await open(aside, "wx", mode);
    try {
      await writeContent(handle, content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined); // the first error says more
    throw describeFailure(error, path, aside);
  }
}

/**
 * Makes a folder and those above it, where they are not there. `mkdir` with `recursive` does the same, but hides the refusal of
 * a read-only disk behind "no such file", and does not return where the kernel offers folders of its own.
 * @throws what the system says; never when the folder stands already
 */
export async function makeFolder(
  path: string,
  { mode = 0o777 }: { readonly mode?: number } = {},
): Promise<void> {
  const target = resolve(path);
  const parent = dirname(target);
  try {
    await mkdir(target, { mode });
  } catch (error) {
    if (await isFolder(target)) return;
    if (systemErrorCode(error) !== "ENOENT" || (await isFolder(parent))) throw error;
    await makeFolder(parent, { mode });
    await makeFolder(target, { mode });
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

async function isOccupied(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory() || (await readdir(path)).length > 0;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function refuse(path: string): never {
  throw new EcampError(
    `Cannot write folder "${path}": it exists and is not empty, expected a new or empty folder; choose another or remove it`,
  );
}

async function moveIntoPlace(aside: string, path: string, replace: boolean): Promise<void> {
  const previous = (await isOccupied(path)) ? asideOf(path) : undefined;
  if (previous !== undefined) {
    if (!replace) refuse(path);
    await rename(path, previous);
  } else {
    // An empty folder at the path: some platforms do not rename over it.
    await rmdir(path).catch(() => undefined);
  }
  await rename(aside, path);
  await syncDirectory(dirname(path));
  if (previous !== undefined) await rm(previous, { recursive: true, force: true });
}

/**
 * Writes a folder so that it appears whole: `write` fills a temporary folder beside it, every file of which is then flushed
 * and the folder renamed. When `write` throws, the temporary folder is removed and nothing else has changed. Parent folders are
 * created. (With `replace`, a crash between the two renames leaves the old folder beside the path under a `.tmp` name.)
 * @returns what `write` returned
 * @throws {EcampError} when the path is occupied or the disk refuses; errors of `write` itself pass through
 */
export async function writeFolderAtomically<T>(
  path: string,
  write: (temporary: string) => Promise<T>,
  { mode = 0o777, existing = "refuse" }: AtomicFolderOptions = {},
): Promise<T> {
  const target = resolve(path);
  const aside = asideOf(target);
  try {
    if (existing === "refuse" && (await isOccupied(target))) refuse(path);
    await makeFolder(dirname(target));
    await mkdir(aside, { mode });
    const result = await write(aside);
    await syncTree(aside);
    await moveIntoPlace(aside, target, existing === "replace");
    return result;
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined); // the first error says more
    throw describeFailure(error, target, aside);
  }
}
