/** @file A run's `skipped.jsonl`: every record that could not be used and was skipped, once, with the reason. */
import { appendFile, readFile, truncate } from "node:fs/promises";
import type { SkippedRecord } from "../data/batch-job.ts";
import { FullDisk, type FullDiskOptions } from "../train/full-disk.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, EcampError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import type { OnSkipped } from "./micro-batches.ts";

/** A line of the list. */
interface SkippedLine {
  /** The epoch in which the record was first met, from 0. */
  readonly epoch: number;
  readonly id: string;
  readonly reason: string;
}

/** The records that a run has skipped so far, those before a stop included. */
export class SkippedList {
  readonly #file: string;
  readonly #mode: number;
  readonly #ids: Set<string>;
  /** Bytes of whole lines in the file. */
  #length: number;

  private constructor(
    file: string,
    {
      mode,
      ids,
      length,
    }: { readonly mode: number; readonly ids: Set<string>; readonly length: number },
  ) {
    this.#file = file;
    this.#mode = mode;
    this.#ids = ids;
    this.#length = length;
  }

  /**
   * Opens the list of a run, which need not be there yet. A last line that a kill has torn is cut off.
   * @param options.mode permission bits of a new file before the umask
   * @throws {EcampError} when the file cannot be read, or another line is none of such a list
   */
  static async open(file: string, { mode }: { readonly mode: number }): Promise<SkippedList> {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      if (systemErrorCode(error) === "ENOENT") return "";
      throw new EcampError(`Cannot read the list "${file}": ${describeError(error)}`, {
        cause: error,
      });
    });
    const ids = new Set<string>();
    let length = 0;
    for (const line of text.split(/(?<=\n)/)) {
      if (!line.endsWith("\n")) break;
      const id = idOf(line);
      if (id === undefined) {
        throw new EcampError(
          `Cannot read the list "${file}" line ${ids.size + 1}: it names no record; mend or delete that line`,
        );
      }
      ids.add(id);
      length += Buffer.byteLength(line);
    }
    return new SkippedList(file, { mode, ids, length });
  }

  /** How many records are listed. */
  get size(): number {
    return this.#ids.size;
  }

  /**
   * Lists the records that are not listed yet.
   * @returns those
   * @throws {EcampError} when the disk refuses; they are not listed then, and can be again
   */
  async add(skipped: readonly SkippedRecord[], epoch: number): Promise<readonly SkippedRecord[]> {
    const added = skipped.filter(({ id }) => !this.#ids.has(id));
    if (added.length === 0) return added;
    const lines = added.map(({ id, reason }) =>
      JSON.stringify({ epoch, id, reason } satisfies SkippedLine),
    );
    const text = lines.map((line) => `${line}\n`).join("");
    try {
      await appendFile(this.#file, "", { mode: this.#mode });
      // Whatever a kill or a full disk took of a line goes first.
      await truncate(this.#file, this.#length);
      await appendFile(this.#file, text);
    } catch (error) {
      throw new EcampError(`Cannot append to the list "${this.#file}": ${describeError(error)}`, {
        cause: error,
      });
    }
    this.#length += Buffer.byteLength(text);
    for (const { id } of added) this.#ids.add(id);
    return added;
  }
}

/** The id that a line is about; undefined when it is no line of such a list. */
function idOf(line: string): string | undefined {
  const value = tryParseJson(line)?.value;
  if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
  return typeof value.id === "string" ? value.id : undefined;
}

/** Lists skipped records, and tells of each when it is listed. */
export function listSkipped(list: SkippedList, options: FullDiskOptions): OnSkipped {
  const disk = new FullDisk(options);
  return async (skipped, epoch) => {
    await disk.write("skipped", async () => {
      for (const { id, reason } of await list.add(skipped, epoch)) {
        options.onNote(`skipped record "${id}": ${reason}`);
      }
    });
  };
}
