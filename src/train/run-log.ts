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

/** Which lines of a log are kept when a run goes on. */
interface KeptLines {
  /** The update up to which they are. */
  readonly step: number;
  /** Was the validation after that update not done, or not for good? */
  readonly validationDue: boolean;
}

/** Is this a whole line that belongs to what is kept? A line that names no update belongs to the one before it. */
function isKept(line: string, { step, validationDue }: KeptLines): boolean {
  if (!line.endsWith("\n")) return false; // torn by a kill
  const value = tryParseJson(line)?.value;
  if (typeof value !== "object" || value === null) return false;
  if (!("step" in value) || typeof value.step !== "number") return true;
  return value.step < step || (value.step === step && !(validationDue && "validation" in value));
}

/** The length in bytes of the lines that are kept; they end at the first that is not. */
async function keptLength(file: string, kept: KeptLines): Promise<number> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw error;
  });
  let length = 0;
  for (const line of text.split(/(?<=\n)/)) {
    if (!isKept(line, kept)) break;
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
   * Opens the log of a run that has done `step` updates: later lines are cut off, because the run does them again; so is the
   * validation after that update where it is due.
   * @throws {EcampError} when the file cannot be written
   */
  static async open(
    file: string,
    step: number,
    { validationDue = false }: { readonly validationDue?: boolean | undefined } = {},
  ): Promise<RunLog> {
    try {
      const length = await keptLength(file, { step, validationDue });
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
