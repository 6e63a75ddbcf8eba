/** @file A run's `log.jsonl`: one line an update, appended as it happens and cut back to the checkpoint on resume. */
import { constants, type FileHandle, open, readFile } from "node:fs/promises";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, EcampError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";

/** A line of the log. Everything that may differ between two equal runs stands in `timing`. */
export interface LogLine {
  /** The update, from 1. */
  readonly step: number;
  /** Fractional epochs at the beginning of the update, as the schedule counts them. */
  readonly epoch: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly lr: number;
  readonly gradientNorm: number;
  /** The same by part of the model. */
  readonly gradientNorms: Readonly<Record<string, number>>;
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

/** A line about a validation, after the line of the update that it followed. */
export interface ValidationLine {
  readonly step: number;
  readonly validation: Readonly<Record<string, number>>;
  readonly timing: { readonly time: string; readonly validationMs: number };
}

/** The update that a line is about; undefined when it names none, null when it is no line of a log. */
function stepOf(line: string): number | undefined | null {
  if (!line.endsWith("\n")) return null; // torn by a kill
  const value = tryParseJson(line)?.value;
  if (typeof value !== "object" || value === null) return null;
  return "step" in value && typeof value.step === "number" ? value.step : undefined;
}

/** The length in bytes of the lines up to and with `step`, and of those in between that name none; a torn line ends them. */
async function lengthUpTo(file: string, step: number): Promise<number> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw error;
  });
  let length = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const found = stepOf(line);
    if (found === null || (found ?? 0) > step) break;
    length += Buffer.byteLength(line);
  }
  return length;
}

/** An open log. */
export class RunLog implements AsyncDisposable {
  readonly #file: string;
  readonly #handle: FileHandle;
  /** Bytes of whole lines in the file. */
  #length: number;
  /** Lines that the disk has refused so far. */
  #pending = "";

  private constructor(file: string, handle: FileHandle, length: number) {
    this.#file = file;
    this.#handle = handle;
    this.#length = length;
  }

  /**
   * Opens the log of a run that has done `step` updates: later lines are cut off, because the run does them again.
   * @throws {EcampError} when the file cannot be written
   */
  static async open(file: string, step: number): Promise<RunLog> {
    try {
      const length = await lengthUpTo(file, step);
      const handle = await open(file, constants.O_CREAT | constants.O_WRONLY);
      await handle.truncate(length);
      return new RunLog(file, handle, length);
    } catch (error) {
      throw new EcampError(`Cannot open the log "${file}": ${describeError(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Appends a line. One that the disk refuses is kept in memory and written with the next, so that a log has no gap after a disk
   * was full for a while.
   * @throws {EcampError} when the disk refuses
   */
  async append(line: LogLine | ValidationLine): Promise<void> {
    this.#pending += `${JSON.stringify(line)}\n`;
    await this.#write();
  }

  async #write(): Promise<void> {
    const bytes = Buffer.from(this.#pending);
    try {
      // At a place, not at the end: what a full disk took of a line is written over.
      for (let done = 0; done < bytes.length; ) {
        const place = this.#length + done;
        done += (await this.#handle.write(bytes, done, bytes.length - done, place)).bytesWritten;
      }
    } catch (error) {
      throw this.#failure(error);
    }
    this.#length += bytes.length;
    this.#pending = "";
  }

  #failure(error: unknown): EcampError {
    return new EcampError(`Cannot append to the log "${this.#file}": ${describeError(error)}`, {
      cause: error,
    });
  }

  /**
   * Flushes the log to the disk, so that it is no older than the checkpoint that is written next.
   * @throws {EcampError} when the disk refuses
   */
  async flush(): Promise<void> {
    await this.#write();
    await this.#handle.datasync().catch((error: unknown) => {
      throw this.#failure(error);
    });
  }

  /** Closes the file, without what a full disk took of a line. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pending !== "") await this.#handle.truncate(this.#length).catch(() => undefined);
    await this.#handle.close();
  }
}
