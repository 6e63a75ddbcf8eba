/** @file A run's `log.jsonl`: one line an update, appended as it happens and cut back to the checkpoint on resume. */
import { type FileHandle, open, readFile, truncate } from "node:fs/promises";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, EcampError } from "../util/errors.ts";

/** A line of the log. Everything that may differ between two equal runs stands in `timing`. */
export interface LogLine {
  /** The update, from 1. */
  readonly step: number;
  /** Fractional epochs at the beginning of the update, as the schedule counts them. */
  readonly epoch: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly lr: number;
  readonly gradientNorm: number;
  readonly timing: {
    /** When the update was done, ISO 8601. */
    readonly time: string;
    readonly stepMs: number;
    /** Part of `stepMs` in which the step waited for its batch. */
    readonly waitMs: number;
    /** Resident memory of the process in bytes. */
    readonly memory: number;
  };
}

/** The length in bytes of the lines up to and with `step`; later lines and a torn last line are left out. */
async function lengthUpTo(file: string, step: number): Promise<number> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw error;
  });
  let length = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const found = line.match(/^\{"step":(\d+),.*\}\n$/)?.[1];
    if (found === undefined || Number(found) > step) break;
    length += Buffer.byteLength(line);
  }
  return length;
}

/** An open log. */
export class RunLog implements AsyncDisposable {
  readonly #file: string;
  readonly #handle: FileHandle;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /**
   * Opens the log of a run that has done `step` updates: later lines are cut off, because the run does them again.
   * @throws {EcampError} when the file cannot be written
   */
  static async open(file: string, step: number): Promise<RunLog> {
    try {
      const length = await lengthUpTo(file, step);
      const handle = await open(file, "a");
      await truncate(file, length);
      return new RunLog(file, handle);
    } catch (error) {
      throw new EcampError(`Cannot open the log "${file}": ${describeError(error)}`, {
        cause: error,
      });
    }
  }

  /** Appends a line. */
  async append(line: LogLine): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify(line)}\n`);
    } catch (error) {
      throw new EcampError(`Cannot append to the log "${this.#file}": ${describeError(error)}`, {
        cause: error,
      });
    }
  }

  /** Flushes the log to the disk, so that it is no older than the checkpoint that is written next. */
  async flush(): Promise<void> {
    await this.#handle.datasync();
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
