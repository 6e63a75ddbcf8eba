/** @file Where the lines of a file are, in eight bytes a line, and random access to them. */
import type { FileHandle } from "node:fs/promises";
import { ManifestError } from "../util/errors.ts";
import { MAX_LINE_BYTES, openForReading } from "../util/jsonl.ts";

/** A line's place in its file, in bytes. */
export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * Places of lines, eight bytes each: 36 bits of offset (files up to 64 GiB), 24 of length (lines below 16 MiB) and a tag of
 * 4 bits for whoever makes the table. The arrays stand on shared memory, so that sending a table to a worker copies nothing.
 */
export interface LineTable {
  /** How many lines. */
  readonly size: number;
  /** The offsets' lower 32 bits. */
  readonly low: Uint32Array;
  /** The offsets' upper 4 bits, the tag in 4, then the length in 24. */
  readonly high: Uint32Array;
}

const WORD = 2 ** 32;
const MAX_OFFSET = 2 ** 36 - 1;
const LENGTH_BITS = 24;
const TAG_BITS = 4;
const MAX_TAG = 2 ** TAG_BITS - 1;

function grown(words: Uint32Array, capacity: number): Uint32Array {
  const larger = new Uint32Array(new SharedArrayBuffer(capacity * 4));
  larger.set(words.subarray(0, Math.min(words.length, capacity)));
  return larger;
}

/** Collects places one by one. */
export class LineTableBuilder {
  #low: Uint32Array = grown(new Uint32Array(0), 256);
  #high: Uint32Array = grown(new Uint32Array(0), 256);
  #size = 0;

  /** How many places there are so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a place, with a tag in 0 … 15; without a place, an empty one that `placeAt` gives as undefined.
   * @throws {ManifestError} when the line is beyond what a table can hold
   */
  add(place?: LinePlace, tag = 0): void {
    const { offset, length } = place ?? { offset: 0, length: 0 };
    if (offset > MAX_OFFSET || length > MAX_LINE_BYTES) {
      throw new ManifestError(
        `Cannot index a line of ${length} bytes at byte ${offset}: expected at most ${MAX_LINE_BYTES} bytes within the first 64 GiB; split the file`,
      );
    }
    if (!Number.isInteger(tag) || tag < 0 || tag > MAX_TAG) {
      throw new RangeError(
        `Cannot tag a line with ${tag}: expected a whole number in 0 … ${MAX_TAG}`,
      );
    }
    if (this.#size === this.#low.length) {
      this.#low = grown(this.#low, this.#size * 2);
      this.#high = grown(this.#high, this.#size * 2);
    }
    this.#low[this.#size] = offset % WORD;
    const upper = Math.floor(offset / WORD) * 2 ** TAG_BITS + tag;
    this.#high[this.#size] = upper * 2 ** LENGTH_BITS + length;
    this.#size += 1;
  }

  /** The table, trimmed to its size. */
  finish(): LineTable {
    const size = this.#size;
    return { size, low: grown(this.#low, size), high: grown(this.#high, size) };
  }
}

/**
 * The place of the line `index`, or undefined where none was known.
 * @throws {RangeError} when there is no such line
 */
export function placeAt({ size, low, high }: LineTable, index: number): LinePlace | undefined {
  const tail = high[index];
  if (tail === undefined) throw new RangeError(`Cannot find line ${index} of ${size}`);
  const length = tail & MAX_LINE_BYTES;
  if (length === 0) return undefined;
  return { offset: (low[index] ?? 0) + (tail >>> (LENGTH_BITS + TAG_BITS)) * WORD, length };
}

/**
 * The tag of the line `index`.
 * @throws {RangeError} when there is no such line
 */
export function tagAt({ size, high }: LineTable, index: number): number {
  const tail = high[index];
  if (tail === undefined) throw new RangeError(`Cannot find line ${index} of ${size}`);
  return (tail >>> LENGTH_BITS) & MAX_TAG;
}

/** Reads lines of one file at given places; the file is opened at the first. */
export class LineReader {
  readonly path: string;
  #handle: Promise<FileHandle> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The text at a place.
   * @throws {ManifestError} when the file has become shorter
   */
  async read({ offset, length }: LinePlace): Promise<string> {
    this.#handle ??= openForReading(this.path);
    const handle = await this.#handle;
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    if (bytesRead < length) {
      throw new ManifestError(
        `Cannot read "${this.path}" at byte ${offset}: the file ends there; it has changed since it was indexed`,
      );
    }
    return bytes.toString("utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    const opened = await handle?.catch(() => undefined); // one that could not be opened has failed who read
    await opened?.close();
  }
}
