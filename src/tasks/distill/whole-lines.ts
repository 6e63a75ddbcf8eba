/** @file The lines of a JSON Lines file that may end in the middle of one, because who wrote it was killed. */
import { open } from "node:fs/promises";
import { exists } from "../../data/dataset-files.ts";
import type { JsonLine } from "../../util/jsonl.ts";
import { parseJsonLine, readTextLines, tryParseJson } from "../../util/jsonl.ts";

/** How much of a file is whole. */
export interface WholePart {
  /** Bytes up to the end of the last whole line. */
  readonly bytes: number;
  /** Is there a part of a line behind them? */
  readonly isCut: boolean;
  /** Does the last whole line lack its line end? */
  readonly lacksEnd: boolean;
}

const STEP = 1 << 16;
const NEWLINE = 10;

/** What a line of such a file begins with. A part that begins otherwise was torn off nothing. */
const OPENING = "{".charCodeAt(0);

/** Looks at a file's end; a file that is not there is whole and empty. */
export async function wholePart(path: string): Promise<WholePart> {
  if (!(await exists(path))) return { bytes: 0, isCut: false, lacksEnd: false };
  await using handle = await open(path, "r");
  const { size } = await handle.stat();
  let tail: Buffer = Buffer.alloc(0);
  for (let start = size; start > 0 && !tail.includes(NEWLINE); ) {
    const length = Math.min(STEP, start);
    start -= length;
    const piece = Buffer.alloc(length);
    await handle.read(piece, 0, length, start);
    tail = Buffer.concat([piece, tail]);
  }
  const rest = tail.subarray(tail.lastIndexOf(NEWLINE) + 1);
  if (rest.length === 0) return { bytes: size, isCut: false, lacksEnd: false };
  const isWhole = rest[0] !== OPENING || tryParseJson(rest.toString("utf8")) !== undefined;
  return isWhole
    ? { bytes: size, isCut: false, lacksEnd: true }
    : { bytes: size - rest.length, isCut: true, lacksEnd: false };
}

/**
 * The lines of the whole part of a file, parsed.
 * @throws {ManifestError} when one of them is not JSON
 */
export async function* readWholeLines(
  path: string,
  { bytes }: WholePart,
  signal: AbortSignal | undefined,
): AsyncGenerator<JsonLine> {
  if (bytes === 0) return;
  for await (const line of readTextLines(path, signal === undefined ? {} : { signal })) {
    yield parseJsonLine(line, path);
    if (line.offset + line.length + 1 >= bytes) return; // what follows is part of a line
  }
}
