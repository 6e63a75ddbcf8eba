/** @file The `window.jsonl` that is being made: lines grow in `window.jsonl.partial`, and replace the file as a whole in the end. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { type LinePlace, LineReader } from "../data/line-table.ts";
import { parseWindow, type WindowRecord } from "../data/record.ts";
import { encodeWindowMap } from "../data/window-map.ts";
import { bestWindow } from "../image/attention-window.ts";
import { writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError, EcampError } from "../util/errors.ts";
import { mendEnd, readWholeLines, type WholePart, wholePart } from "../util/whole-lines.ts";

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
  /** Whose windows are kept: `ReportModel.hash`. */
  readonly modelHash: string;
  /** Make every window anew, whoever made those that are there? What an unfinished run of this model left is gone on with. */
  readonly force: boolean;
}

/** Where a window's line is. */
interface Kept extends WindowOrigin {
  readonly from: LineReader;
  readonly place: LinePlace;
}

/** What the name of the file ends in that grows. */
const PARTIAL = ".partial";

/** The windows that are made, and a place for more. The file itself stays as it is until {@link WindowFile.finish}. */
export class WindowFile implements AsyncDisposable {
  readonly path: string;
  readonly #options: WindowFileOptions;
  readonly #out: LineReader;
  readonly #partial: LineReader;
  readonly #made = new Map<string, Kept>();
  /** The records whose windows could be kept as they stand in the file. */
  readonly #standing = new Set<string>();
  #handle: FileHandle | undefined;
  /** Bytes of the partial file. */
  #size = 0;
  /** Lines of the file. */
  #lines = 0;
  /** Must the file be written, even if nothing is added? */
  #isStale = false;

  private constructor(path: string, options: WindowFileOptions) {
    this.path = path;
    this.#options = options;
    this.#out = new LineReader(path);
    this.#partial = new LineReader(`${path}${PARTIAL}`);
  }

  /**
   * Opens the file, which need not be there yet, and what an unfinished run left beside it. A last line that a kill has torn is
   * left out.
   * @throws {ConfigError} when there are windows of another model, or that do not say what they were made with, and `force` is not given
   * @throws {ManifestError} when another line is no window, even with `force`
   */
  static async open(path: string, options: WindowFileOptions): Promise<WindowFile> {
    const file = new WindowFile(path, options);
    const whole = await wholePart(path);
    file.#lines = await file.#read(file.#out, whole);
    file.#isStale ||= whole.isCut || whole.lacksEnd;
    const grown = await wholePart(file.#partial.path);
    await file.#read(file.#partial, grown);
    file.#isStale ||= grown.bytes > 0 || grown.isCut;
    file.#size = await mendEnd(file.#partial.path, grown);
    return file;
  }

  /** What the window of a record was made with; undefined where it has none. */
  originOf(id: string): WindowOrigin | undefined {
    return this.#made.get(id);
  }

  /** How many lines of the file are of no use where the windows of these records are kept. */
  countWithout(ids: ReadonlySet<string>): number {
    const used = [...ids].filter((id) => this.#standing.has(id));
    return this.#lines - used.length;
  }

  /**
   * Appends lines in one write; once this is done, a kill does not lose them.
   * @throws {EcampError} when the disk refuses
   */
  async append(windows: readonly MadeWindow[]): Promise<void> {
    const { path } = this.#partial;
    const lines = windows.map((window) => `${JSON.stringify(window)}\n`);
    try {
      this.#handle ??= await open(path, "a", this.#options.mode);
      await this.#handle.appendFile(lines.join(""));
    } catch (error) {
      throw new EcampError(`Cannot append to "${path}": ${describeError(error)}`, {
        cause: error,
      });
    }
    for (const [i, { id, modelHash, textHash }] of windows.entries()) {
      const bytes = Buffer.byteLength(lines[i] ?? "");
      const place = { offset: this.#size, length: bytes - 1 };
      this.#made.set(id, { modelHash, textHash, from: this.#partial, place });
      this.#size += bytes;
    }
  }

  /**
   * Writes the file with the windows of these records in this order, and removes the partial file. Does nothing where the file
   * holds them already.
   * @returns whether it was written
   */
  async finish(ids: readonly string[]): Promise<boolean> {
    if (!this.#isStale && this.#handle === undefined && this.#lines === ids.length) return false;
    await this.#close();
    await writeFileAtomically(this.path, this.#linesOf(ids), { mode: this.#options.mode });
    await rm(this.#partial.path, { force: true });
    return true;
  }

  /** Flushes what was appended to the disk, and closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.#out[Symbol.asyncDispose]();
    await this.#partial[Symbol.asyncDispose]();
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async *#linesOf(ids: readonly string[]): AsyncGenerator<string> {
    for (const id of ids) {
      const kept = this.#made.get(id);
      if (kept !== undefined) yield `${await kept.from.read(kept.place)}\n`;
    }
  }

  /** Keeps this model's windows, of several lines of one record the first; returns how many lines there are. */
  async #read(from: LineReader, whole: WholePart): Promise<number> {
    const { modelHash: own, force } = this.#options;
    const isOut = from === this.#out;
    const seen = new Set<string>();
    const others = { unsigned: 0, another: 0 };
    let lines = 0;
    for await (const { value, line, offset, length } of readWholeLines(from.path, whole)) {
      const { id, modelHash, textHash } = parseWindow(value, `read "${from.path}" line ${line}`);
      lines += 1;
      if (typeof modelHash !== "string" || textHash === undefined) others.unsigned += 1;
      else if (modelHash !== own) others.another += 1;
      else if (!seen.has(id) && !(isOut && force)) {
        this.#made.set(id, { modelHash, textHash, from, place: { offset, length } });
        if (isOut) this.#standing.add(id);
      }
      seen.add(id);
    }
    if (!force) this.#refuseOthers(from.path, others);
    return lines;
  }

  #refuseOthers(path: string, { unsigned, another }: OtherWindows): void {
    if (unsigned + another === 0) return;
    const found = [
      ...(another > 0 ? [`${another} windows by another model`] : []),
      ...(unsigned > 0 ? [`${unsigned} that do not say what they were made with`] : []),
    ];
    const where =
      path === this.path ? "it holds" : `"${path}", which an unfinished run left, holds`;
    throw new ConfigError(
      `Cannot write windows to "${this.path}": ${where} ${found.join(", and ")}; keep them by naming another file (--out), or make every window anew (--force)`,
    );
  }
}

/** Windows that cannot be kept, and are somebody's work. */
interface OtherWindows {
  readonly unsigned: number;
  readonly another: number;
}
