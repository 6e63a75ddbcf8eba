/** @file The rows of a study, `studies/results/NAME.jsonl`: appended one by one, each on the disk before the next run begins. */
import { createHash } from "node:crypto";
import { type FileHandle, open, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { makeFolder, systemErrorCode } from "../../src/util/atomic-file.ts";
import { describeError, EcampError, ManifestError } from "../../src/util/errors.ts";
import { tryParseJson } from "../../src/util/jsonl.ts";
import type { Cell } from "./study.ts";

/** One run: its measures, or why it has none. */
export interface Row {
  readonly cell: string;
  readonly seed: number;
  /** `rowKey` of the cell and seed. */
  readonly key: string;
  readonly measures?: Readonly<Record<string, number>>;
  /** Why there are no measures. */
  readonly error?: string;
  readonly facts?: Readonly<Record<string, string>>;
  readonly minutes: number;
  /** When the run ended, ISO 8601. */
  readonly time: string;
  /** The commit that ran, with a `+` when files differed from it. */
  readonly commit: string;
  readonly machine: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

const rowSchema: z.ZodType<Row> = z.strictObject({
  cell: z.string(),
  seed: z.int().min(1),
  key: z.string(),
  measures: z.record(z.string(), z.number()).exactOptional(),
  error: z.string().exactOptional(),
  facts: z.record(z.string(), z.string()).exactOptional(),
  minutes: z.number(),
  time: z.string(),
  commit: z.string(),
  machine: z.string(),
  settings: z.record(z.string(), z.unknown()),
});

/** JSON with the keys of every object in order, so that equal values have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** What a row is found by: 16 hex digits of the SHA-256 of the cell's name, its full settings and the seed. */
export function rowKey({ name, settings }: Cell, seed: number): string {
  const text = canonical([name, seed, settings]);
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);
}

/** The rows of a file, and the bytes up to the end of its last whole line. */
interface StoredRows {
  readonly rows: readonly Row[];
  readonly length: number;
  /** Is there anything after it? */
  readonly torn: boolean;
}

async function readStored(file: string): Promise<StoredRows> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return Buffer.alloc(0);
    throw new EcampError(`Cannot read the rows "${file}": ${describeError(error)}`, {
      cause: error,
    });
  });
  const length = bytes.lastIndexOf("\n") + 1;
  const rows: Row[] = [];
  for (const [index, line] of bytes.toString("utf8", 0, length).split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = rowSchema.safeParse(tryParseJson(line)?.value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new ManifestError(
        `Cannot read "${file}" line ${index + 1}: it is no row (${issue?.path.join(".") || "not JSON"}: ${issue?.message}); mend or delete that line`,
      );
    }
    rows.push(parsed.data);
  }
  return { rows, length, torn: length < bytes.length };
}

/**
 * Reads the rows of a study; none when the file is not there. A torn last line, what a kill leaves, is not read.
 * @throws {ManifestError} when another line is no row
 */
export async function readRows(file: string): Promise<readonly Row[]> {
  return (await readStored(file)).rows;
}

/** The rows of a study, open to be added to. */
export class RowFile implements AsyncDisposable {
  readonly #file: string;
  readonly #handle: FileHandle;
  #rows: readonly Row[];

  private constructor(file: string, handle: FileHandle, rows: readonly Row[]) {
    this.#file = file;
    this.#handle = handle;
    this.#rows = rows;
  }

  /**
   * Opens the file, makes it if need be, and cuts a torn last line off.
   * @throws {ManifestError} when another line is no row
   * @throws {EcampError} when the disk refuses
   */
  static async open(file: string): Promise<RowFile> {
    const { rows, length, torn } = await readStored(file);
    try {
      await makeFolder(dirname(file));
      const handle = await open(file, "a");
      // Only what is torn: another process may be appending whole rows.
      if (torn) await truncate(file, length);
      return new RowFile(file, handle, rows);
    } catch (error) {
      throw new EcampError(`Cannot write the rows "${file}": ${describeError(error)}`, {
        cause: error,
      });
    }
  }

  /** Every row that was there when the file was last read or appended to, oldest first. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Appends a row in one write, and returns when it is on the disk. */
  async append(row: Row): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify(row)}\n`);
      await this.#handle.sync();
    } catch (error) {
      throw new EcampError(`Cannot append to the rows "${this.#file}": ${describeError(error)}`, {
        cause: error,
      });
    }
    await this.reload();
  }

  /**
   * Reads the file again: another process may do other cells of the study meanwhile.
   * @throws {ManifestError} when a line is no row
   */
  async reload(): Promise<void> {
    this.#rows = await readRows(this.#file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** The measured row of each key, the newest where there are several; rows with an error are left out. */
export function measuredRows(rows: readonly Row[]): ReadonlyMap<string, Row> {
  const measured = rows.filter(({ measures }) => measures !== undefined);
  return new Map(measured.map((row) => [row.key, row]));
}
