/** @file One event file of a run, as TensorBoard reads it: appended to while the run goes on, whole after every append. */
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describeError, EcampError } from "../../util/errors.ts";
import { type EventContent, encodeEvent, type SummaryValue } from "./event.ts";
import { frameRecord } from "./record-frame.ts";

/** What the name of an event file begins with; seconds since 1970 follow. */
const PREFIX = "events.out.tfevents.";
/** What it ends in, where others put the machine's name: that is nobody's business. */
const LABEL = "ecamp";

/** Where an event file is made, and for what. */
export interface EventFileOptions {
  /** The run's folder. */
  readonly folder: string;
  /** The first step that will be written: readers drop what earlier files say of it and of later steps. */
  readonly firstStep: number;
  /** Permission bits before the umask. */
  readonly mode: number;
  readonly now: () => Date;
}

/** An open event file. */
export class EventFile implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #now: () => Date;
  /** Bytes that stand whole. */
  #length = 0;
  /** The tags whose descriptions stand in the file. */
  readonly #described = new Set<string>();

  private constructor(path: string, handle: FileHandle, now: () => Date) {
    this.path = path;
    this.#handle = handle;
    this.#now = now;
  }

  /**
   * Makes a new file beside those of the run's earlier processes.
   * @throws {EcampError} when it cannot be written
   */
  static async open({ folder, firstStep, mode, now }: EventFileOptions): Promise<EventFile> {
    const path = join(folder, await freeName(folder, now));
    // Always at the end: what a full disk took of an append is cut off, and leaves no gap before the next.
    const handle = await open(path, "ax", mode).catch((error: unknown) => fail(path, error));
    const file = new EventFile(path, handle, now);
    try {
      await file.#append(0, { kind: "version" });
      await file.#append(firstStep, { kind: "start" });
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }

  /**
   * Appends values of a step. A tag's description is written with its first value.
   * @throws {EcampError} when the disk refuses; the file then ends with the append before
   */
  async append(step: number, values: readonly SummaryValue[]): Promise<void> {
    const known = values.map(({ tag, value, description }) =>
      description === undefined || this.#described.has(tag)
        ? { tag, value }
        : { tag, value, description },
    );
    await this.#append(step, { kind: "summary", values: known });
    for (const { tag } of values) this.#described.add(tag);
  }

  async #append(step: number, content: EventContent): Promise<void> {
    const wallTime = this.#now().getTime() / 1000;
    const frame = frameRecord(encodeEvent({ wallTime, step, content }));
    try {
      await this.#handle.appendFile(frame);
      this.#length += frame.byteLength;
    } catch (error) {
      await this.#handle.truncate(this.#length).catch(() => undefined); // the first error says more
      return fail(this.path, error);
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Flushes the file to the disk and closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#handle.datasync();
    } catch (error) {
      fail(this.path, error);
    } finally {
      await this.close();
    }
  }
}

/**
 * A name whose time is later than that of every event file of the folder, even where the clock jumped back or a run resumes in
 * the second in which it stopped: readers take files in the order of their names.
 */
async function freeName(folder: string, now: () => Date): Promise<string> {
  const names = await readdir(folder).catch((error: unknown) => fail(folder, error));
  const times = names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number.parseInt(name.slice(PREFIX.length), 10))
    .filter(Number.isSafeInteger);
  const seconds = Math.max(Math.floor(now().getTime() / 1000), ...times.map((time) => time + 1));
  return `${PREFIX}${String(seconds).padStart(10, "0")}.${LABEL}`;
}

function fail(path: string, error: unknown): never {
  throw new EcampError(`Cannot write the event file "${path}": ${describeError(error)}`, {
    cause: error,
  });
}
