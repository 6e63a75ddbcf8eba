/** @file Where the lines of a file start, in four bytes a line: for what stands beside records and is read now and then. */
import type { FileHandle } from "node:fs/promises";
import { ManifestError } from "../util/errors.ts";
import { MAX_LINE_BYTES, openForReading } from "../util/jsonl.ts";
import type { LinePlace } from "./line-table.ts";

/**
 * Starts of lines in units of 16 bytes, counted from 1; 0 where there is no line. A line of JSON with an id is longer than a
 * unit, so in each there starts one at most, which reading finds. On shared memory: sending it to a worker copies nothing.
 */
export type LineStarts = Uint32Array;

const UNIT_BYTES = 16;
const MAX_UNITS = 2 ** 32 - 1;

/** Collects starts one by one. */
export class LineStartsBuilder {
  #units = new Uint32Array(256);
  #size = 0;
  #known = 0;

  /**
   * Adds the line at a place, or that there is none.
   * @throws {ManifestError} when it starts beyond the first 64 GiB
   */
  add(place?: LinePlace): void {
    if (this.#size === this.#units.length) {
      const larger = new Uint32Array(2 * this.#size);
      larger.set(this.#units);
      this.#units = larger;
    }
    this.#units[this.#size] = place === undefined ? 0 : unitOf(place);
    if (place !== undefined) this.#known += 1;
    this.#size += 1;
  }

  /** The starts, trimmed to their number; of length 0 where no line was added. */
  finish(): LineStarts {
    const length = this.#known === 0 ? 0 : this.#size;
    const starts = new Uint32Array(new SharedArrayBuffer(length * 4));
    starts.set(this.#units.subarray(0, length));
    return starts;
  }
}

function unitOf({ offset, length }: LinePlace): number {
  const unit = Math.floor(offset / UNIT_BYTES) + 1;
  if (unit > MAX_UNITS) {
    throw new ManifestError(
      `Cannot index a line at byte ${offset}: expected it within the first 64 GiB; split the file`,
    );
  }
  // With its line end it fills a unit, so the next line starts in another.
  if (length + 1 < UNIT_BYTES) {
    throw new RangeError(`internal: a line of ${length} bytes is too short to be found again`);
  }
  return unit;
}

/** How many of the starts are those of a line. */
export function countStarts(starts: LineStarts): number {
  return starts.reduce((count, unit) => count + Number(unit !== 0), 0);
}

/** A line as it was found. */
export interface FoundLine {
  readonly text: string;
  /** How a message says that it was read. */
  readonly attempt: string;
}

const NEWLINE = 10;
const FIRST_READ_BYTES = 2048;
const BYTE_ORDER_MARK = /^\ufeff/;

/** Reads lines of one file by their starts; the file is opened at the first. */
export class LineStartReader {
  readonly path: string;
  #handle: Promise<FileHandle> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The line `index`; undefined where there is none.
   * @throws {ManifestError} when no line starts there any more
   */
  async read(starts: LineStarts, index: number): Promise<FoundLine | undefined> {
    const unit = starts[index] ?? 0;
    if (unit === 0) return undefined;
    const offset = (unit - 1) * UNIT_BYTES;
    this.#handle ??= openForReading(this.path);
    const handle = await this.#handle;
    const attempt = `read "${this.path}" at byte ${offset}`;
    // From the byte before, which says whether a line starts at the unit's first.
    const from = Math.max(0, offset - 1);
    for (let length = FIRST_READ_BYTES; ; length *= 4) {
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await handle.read(bytes, 0, length, from);
      const isEnd = bytesRead < length;
      const text = firstLine(bytes.subarray(0, bytesRead), { skip: offset - from, isEnd });
      if (text !== undefined) return { text, attempt };
      if (isEnd || length > MAX_LINE_BYTES) throw changed(attempt);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    const opened = await handle?.catch(() => undefined); // one that could not be opened has failed who read
    await opened?.close();
  }
}

/** What a file that is no longer what was indexed is refused with. */
export function changed(attempt: string): ManifestError {
  return new ManifestError(`Cannot ${attempt}: the file has changed since it was indexed`);
}

/** The first line that is not blank and starts in the unit after `skip` bytes; undefined when it is not there in whole. */
function firstLine(
  bytes: Buffer,
  { skip, isEnd }: { readonly skip: number; readonly isEnd: boolean },
): string | undefined {
  // Without a byte before, the unit is the file's first, and a line starts with it.
  let start = skip === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
  if (skip > 0 && start === 0) return undefined;
  while (start < skip + UNIT_BYTES) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0 && !isEnd) return undefined;
    const end = newline < 0 ? bytes.length : newline;
    const text = bytes.toString("utf8", start, end).replace(BYTE_ORDER_MARK, "");
    if (text.trim() !== "") return text;
    if (newline < 0) return undefined;
    start = newline + 1;
  }
  return undefined;
}
