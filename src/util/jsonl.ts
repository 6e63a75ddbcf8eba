/** @file Reads JSON Lines as a stream: numbered lines, their place in the file, bounded length, errors that quote no content. */
import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { systemErrorCode } from "./atomic-file.ts";
import { describeError, ManifestError } from "./errors.ts";

/** One non-blank line of a file. */
export interface TextLine {
  /** The line's number in the file, from 1; blank lines count. */
  readonly line: number;
  /** Where its first byte is. */
  readonly offset: number;
  /** Its bytes, the line end not counted. */
  readonly length: number;
  /** Its text. */
  readonly text: string;
}

/** One line of a JSON Lines file, parsed. */
export interface JsonLine {
  /** The line's number in the file, from 1. */
  readonly line: number;
  /** Where its first byte is. */
  readonly offset: number;
  /** Its bytes, the line end not counted. */
  readonly length: number;
  /** What it says. */
  readonly value: unknown;
}

/** How lines are read. */
export interface LineOptions {
  /** The longest line that is accepted, in bytes. */
  readonly maxLineBytes?: number;
  /** Reads so many bytes of the file and no more. */
  readonly end?: number;
  /** Stops the reading: the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The longest line that readers accept by default: 16 MiB less one byte, so that a length fits in 24 bits. */
export const MAX_LINE_BYTES: number = 2 ** 24 - 1;

const CHUNK_BYTES = 1 << 18;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Opens a file for reading.
 * @throws {ManifestError} when it cannot be opened, in one sentence
 */
export async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    return unreadable(path)(error);
  }
}

/** Says in one sentence why a file cannot be read. */
function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    const found = systemErrorCode(error) === "ENOENT" ? "no such file" : describeError(error);
    throw new ManifestError(`Cannot read "${path}": ${found}`, { cause: error });
  };
}

/** A line as bytes; the buffer is only valid until the next one is asked for. */
interface RawLine {
  readonly line: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

function decode({ line, offset, bytes }: RawLine, path: string): TextLine | undefined {
  const hasMark = line === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK);
  const start = hasMark ? 3 : 0;
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const content = bytes.subarray(start, Math.max(start, end));
  if (!isUtf8(content)) {
    throw new ManifestError(`Cannot read "${path}" line ${line}: it is not valid UTF-8 text`);
  }
  const text = content.toString("utf8");
  if (text.trim() === "") return undefined;
  return { line, offset: offset + start, length: content.length, text };
}

async function* splitLines(
  handle: FileHandle,
  path: string,
  { maxLineBytes = MAX_LINE_BYTES, end: last = Number.POSITIVE_INFINITY, signal }: LineOptions,
): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let restOffset = 0;
  let line = 0;
  for (;;) {
    signal?.throwIfAborted();
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const position = restOffset + rest.length;
    const { bytesRead } = await handle
      .read(chunk, 0, Math.min(CHUNK_BYTES, last - position), position)
      .catch(unreadable(path));
    const searched = rest.length;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    let end = bytes.indexOf(NEWLINE, searched);
    for (; end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      line += 1;
      if (end - start > maxLineBytes) throw tooLong(path, line, maxLineBytes);
      yield { line, offset: restOffset + start, bytes: bytes.subarray(start, end) };
      start = end + 1;
    }
    restOffset += start;
    rest = bytes.subarray(start);
    if (rest.length > maxLineBytes) throw tooLong(path, line + 1, maxLineBytes);
    if (bytesRead === 0) break;
  }
  if (rest.length > 0) yield { line: line + 1, offset: restOffset, bytes: rest };
}

function tooLong(path: string, line: number, maxLineBytes: number): ManifestError {
  return new ManifestError(
    `Cannot read "${path}" line ${line}: it is longer than ${maxLineBytes} bytes; is every record on a line of its own?`,
  );
}

/**
 * The non-blank lines of a UTF-8 file, in order. A byte-order mark and carriage returns before line ends are left out.
 * @throws {ManifestError} when the file cannot be read, a line is too long or is not UTF-8
 */
export async function* readTextLines(
  path: string,
  options: LineOptions = {},
): AsyncGenerator<TextLine> {
  const handle = await openForReading(path);
  try {
    for await (const raw of splitLines(handle, path, options)) {
      const line = decode(raw, path);
      if (line !== undefined) yield line;
    }
  } finally {
    await handle.close();
  }
}

/** What a JSON text says, or undefined when it is not JSON. */
export function tryParseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The parser's message quotes the text, which may be a patient's report: it is not passed on.
    return undefined;
  }
}

/**
 * Parses one line.
 * @throws {ManifestError} when it is not JSON, without quoting it
 */
export function parseJsonLine({ line, offset, length, text }: TextLine, path: string): JsonLine {
  const parsed = tryParseJson(text);
  if (parsed === undefined) {
    const hint = /[}\]]\s*$/.test(text) ? "" : "; it seems to be cut off";
    throw new ManifestError(`Cannot read "${path}" line ${line}: it is not valid JSON${hint}`);
  }
  return { line, offset, length, value: parsed.value };
}

/**
 * The lines of a JSON Lines file, parsed, in order; blank lines are left out.
 * @throws {ManifestError} as `readTextLines`, and when a line is not JSON
 */
export async function* readJsonLines(
  path: string,
  options: LineOptions = {},
): AsyncGenerator<JsonLine> {
  for await (const line of readTextLines(path, options)) yield parseJsonLine(line, path);
}
