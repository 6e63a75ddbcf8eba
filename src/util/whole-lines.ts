/** @file The lines of a JSON Lines file that may end in the middle of one, because who appended it was killed. */
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { systemErrorCode } from "./atomic-file.ts";
import { ManifestError } from "./errors.ts";
import { type JsonLine, readJsonLines, tryParseJson } from "./jsonl.ts";

/** How much of a file is whole. */
export interface WholePart {
  /** Bytes up to the end of the last whole line. */
  readonly bytes: number;
  /** Is there a part of a line behind them? */
  readonly isCut: boolean;
  /** Does the last whole line lack its line end? */
  readonly lacksEnd: boolean;
}

const EMPTY: WholePart = { bytes: 0, isCut: false, lacksEnd: false };

const STEP = 1 << 16;
const NEWLINE = 10;

/** What a line of such a file begins with. A part that begins otherwise was torn off nothing. */
const OPENING = "{".charCodeAt(0);

/**
 * Looks at a file's end; a file that is not there is whole and empty.
 * @throws {ManifestError} when it is a folder, or another thing that is no file
 */
export async function wholePart(path: string): Promise<WholePart> {
  const handle = await open(path, "r").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (handle === undefined) return EMPTY;
  await using _open = handle;
  const found = await handle.stat();
  if (!found.isFile()) {
    throw new ManifestError(`Cannot read "${path}": it is no file, expected one of JSON lines`);
  }
  const { size } = found;
  const rest = await behindLastLineEnd(handle, size);
  if (rest.length === 0) return { ...EMPTY, bytes: size };
  const isWhole = rest[0] !== OPENING || tryParseJson(rest.toString("utf8")) !== undefined;
  return isWhole
    ? { bytes: size, isCut: false, lacksEnd: true }
    : { bytes: size - rest.length, isCut: true, lacksEnd: false };
}

async function behindLastLineEnd(handle: FileHandle, size: number): Promise<Buffer> {
  let tail: Buffer = Buffer.alloc(0);
  for (let start = size; start > 0 && !tail.includes(NEWLINE); ) {
    const length = Math.min(STEP, start);
    start -= length;
    const piece = Buffer.alloc(length);
    await handle.read(piece, 0, length, start);
    tail = Buffer.concat([piece, tail]);
  }
  return tail.subarray(tail.lastIndexOf(NEWLINE) + 1);
}

/**
 * The lines of the whole part of a file, parsed.
 * @throws {ManifestError} when one of them is not JSON
 */
export async function* readWholeLines(
  path: string,
  { bytes }: WholePart,
  signal?: AbortSignal,
): AsyncGenerator<JsonLine> {
  if (bytes > 0) yield* readJsonLines(path, { end: bytes, signal });
}

/**
 * Readies a file for more lines: cuts the part of a line off, or ends the last whole one.
 * @returns the file's size after it
 */
export async function mendEnd(path: string, whole: WholePart): Promise<number> {
  const { bytes, isCut, lacksEnd } = whole;
  if (!isCut && !lacksEnd) return bytes;
  await using handle = await open(path, "r+");
  await handle.truncate(bytes);
  if (!lacksEnd) return bytes;
  await handle.write("\n", bytes);
  return bytes + 1;
}
