/** @file The `window.jsonl` that is being made: lines are appended, a kill loses at most those in flight, and what is there is known again. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { parseWindow, type WindowRecord } from "../data/record.ts";
import { encodeWindowMap } from "../data/window-map.ts";
import { bestWindow } from "../image/attention-window.ts";
import { writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError, EcampError } from "../util/errors.ts";
import { parseJsonLine, readTextLines, type TextLine, tryParseJson } from "../util/jsonl.ts";

/** What a window was made with. */
export interface WindowOrigin {
  /** `ReportModel.hash` */
  readonly modelHash: string;
  /** SHA-256, in hex, of the text that attended. */
  readonly textHash: string;
}

/** A line as this project writes it. */
export interface MadeWindow extends WindowRecord {
  readonly modelHash: string;
  readonly textHash: string;
  readonly map: string;
  /** The window's part of the attention. */
  readonly share: number;
}

/** The line of a record whose text attends to its picture by `map` [14, 14]. */
export function madeWindow(
  id: string,
  { map, ...origin }: WindowOrigin & { readonly map: Float64Array },
): MadeWindow {
  const { row, column, share } = bestWindow(map);
  return { id, row, column, share: Number(share.toFixed(4)), ...origin, map: encodeWindowMap(map) };
}

/** How the file is opened. */
export interface WindowFileOptions {
  /** Permission bits of a new file before the umask. */
  readonly mode: number;
  /** Throw away what is there? */
  readonly force: boolean;
}

/** The file, open for appending. */
export class WindowFile implements AsyncDisposable {
  readonly path: string;
  readonly #mode: number;
  readonly #made: Map<string, WindowOrigin>;
  #lines: number;
  #handle: FileHandle | undefined;

  private constructor(path: string, mode: number, { made, lines }: FoundWindows) {
    this.path = path;
    this.#mode = mode;
    this.#made = made;
    this.#lines = lines;
  }

  /**
   * Opens the file, which need not be there yet. A last line that a kill has torn is cut off.
   * @throws {ConfigError} when it has lines that do not say what they were made with, and `force` is not given
   * @throws {ManifestError} when another line is none of such a file
   */
  static async open(path: string, { mode, force }: WindowFileOptions): Promise<WindowFile> {
    if (force) await writeFileAtomically(path, "", { mode });
    const found = (await stat(path).catch(() => undefined)) !== undefined;
    return new WindowFile(path, mode, found ? await mendAndRead(path) : NOTHING());
  }

  /** What the window of a record was made with; undefined where it has none. */
  originOf(id: string): WindowOrigin | undefined {
    return this.#made.get(id);
  }

  /**
   * Keeps the windows of these records and no others; the file is replaced at once, and only where that changes it.
   * @returns how many lines went
   */
  async keep(ids: ReadonlySet<string>): Promise<number> {
    const before = this.#lines;
    const kept = new Map([...this.#made].filter(([id]) => ids.has(id)));
    if (kept.size === before) return 0;
    await this[Symbol.asyncDispose]();
    await writeFileAtomically(this.path, linesOf(this.path, kept), { mode: this.#mode });
    this.#made.clear();
    for (const [id, origin] of kept) this.#made.set(id, origin);
    this.#lines = kept.size;
    return before - kept.size;
  }

  /**
   * Appends lines in one write.
   * @throws {EcampError} when the disk refuses
   */
  async append(windows: readonly MadeWindow[]): Promise<void> {
    const text = windows.map((window) => `${JSON.stringify(window)}\n`).join("");
    try {
      this.#handle ??= await open(this.path, "a", this.#mode);
      await this.#handle.appendFile(text);
    } catch (error) {
      throw new EcampError(`Cannot append to "${this.path}": ${describeError(error)}`, {
        cause: error,
      });
    }
    this.#lines += windows.length;
    for (const { id, modelHash, textHash } of windows) this.#made.set(id, { modelHash, textHash });
  }

  /** Flushes the file to the disk and closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** What stands in a file. */
interface FoundWindows {
  /** Of each record, by id; of several lines of one record the first. */
  readonly made: Map<string, WindowOrigin>;
  readonly lines: number;
}

const NOTHING = (): FoundWindows => ({ made: new Map(), lines: 0 });

function readWindow(line: TextLine, path: string): WindowRecord {
  return parseWindow(parseJsonLine(line, path).value, `read "${path}" line ${line.line}`);
}

/** Reads what was made; then ends the last line, or cuts it off where a kill has torn it. */
async function mendAndRead(path: string): Promise<FoundWindows> {
  const handle = await open(path, "r+");
  try {
    const { size } = await handle.stat();
    const whole = await endOfLastLine(handle, size);
    const tail = Buffer.alloc(size - whole);
    await handle.read(tail, 0, tail.length, whole);
    const isTorn = tail.length > 0 && tryParseJson(tail.toString("utf8")) === undefined;
    const found = await readMade(path, isTorn ? whole : size);
    if (isTorn) await handle.truncate(whole);
    else if (tail.length > 0) await handle.write("\n", size);
    return found;
  } finally {
    await handle.close();
  }
}

const NEWLINE = 10;
const TAIL_BYTES = 1 << 14;

/** The byte behind the last line end; 0 where there is none. */
async function endOfLastLine(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const start = Math.max(0, end - TAIL_BYTES);
    const bytes = Buffer.alloc(end - start);
    await handle.read(bytes, 0, bytes.length, start);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
  }
  return 0;
}

/** The windows in the first bytes of a file. */
async function readMade(path: string, bytes: number): Promise<FoundWindows> {
  const made = new Map<string, WindowOrigin>();
  let [lines, foreign] = [0, 0];
  if (bytes === 0) return { made, lines };
  for await (const line of readTextLines(path)) {
    const { id, modelHash, textHash } = readWindow(line, path);
    lines += 1;
    if (typeof modelHash !== "string" || textHash === undefined) foreign += 1;
    else if (!made.has(id)) made.set(id, { modelHash, textHash });
    // What follows may be torn within a character, which the reader would refuse.
    if (bytes - line.offset - line.length <= LINE_END) break;
  }
  if (foreign === 0) return { made, lines };
  throw new ConfigError(
    `Cannot add windows to "${path}": ${foreign} of its ${lines} lines do not say what they were made with, so somebody else made them; choose another file with --out, or replace them all with --force`,
  );
}

/** The longest line end, in bytes. */
const LINE_END = 2;

/** The first line of each of these records, as it stands. */
async function* linesOf(path: string, kept: ReadonlyMap<string, unknown>): AsyncGenerator<string> {
  const left = new Set(kept.keys());
  if (left.size === 0) return;
  for await (const line of readTextLines(path)) {
    if (left.delete(readWindow(line, path).id)) yield `${line.text}\n`;
  }
}
