/**
 * @file Distilled records on their way into `context.jsonl`: each is appended to `context.jsonl.partial` when it is done, and
 * the file itself is replaced as a whole in the end. A kill at any time loses what was in work, and no reader sees half a file.
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { type LinePlace, LineReader } from "../../data/line-table.ts";
import { parseContext } from "../../data/record.ts";
import type { DistillProvider } from "../../distill/provider.ts";
import {
  asDistilledRecord,
  type DistilledRecord,
  parseDistilledRecord,
} from "../../distill/record.ts";
import { writeFileAtomically } from "../../util/atomic-file.ts";
import { ConfigError, describeError, EcampError } from "../../util/errors.ts";
import { tryParseJson } from "../../util/jsonl.ts";
import { mendEnd, readWholeLines, type WholePart, wholePart } from "../../util/whole-lines.ts";

/** What a log is opened with. */
export interface ContextLogOptions {
  /** The file to be: `context.jsonl`. */
  readonly out: string;
  /** Whose records are kept. */
  readonly provider: Pick<DistillProvider, "name" | "model" | "promptHash">;
  /** Replace what another provider or program wrote? */
  readonly force: boolean;
  /** Permission bits before the umask. */
  readonly mode: number;
  /** Told what was found that a person should know. */
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Where a record's line is. */
interface Kept {
  readonly from: LineReader;
  readonly place: LinePlace;
  readonly reportHash: string;
}

async function readKept({ from, place }: Kept): Promise<DistilledRecord> {
  const line = tryParseJson(await from.read(place))?.value;
  return parseDistilledRecord(line, `read "${from.path}" at byte ${place.offset}`);
}

/** Records that were found and cannot be kept. */
interface UnlikeRecords {
  /** How many were made by whom else. */
  readonly others: ReadonlyMap<string, number>;
  /** This provider's, by another version of its rules or prompt. */
  readonly outdated: number;
  /** This provider's, whose model gave no answer about a sentence. */
  readonly unanswered: number;
}

const ANOTHER_PROGRAM = "another program";

/** @throws {ManifestError} when a line is no context at all: its file is of another kind, and nobody means to replace it */
function requireContext(
  value: unknown,
  { path, line }: { readonly path: string; readonly line: number },
): void {
  parseContext(value, `take "${path}" for contexts, line ${line}`);
}

/** What the name of the file ends in that grows. */
const PARTIAL = ".partial";

/** The records that are done, and a place for more. */
export class ContextLog implements AsyncDisposable {
  readonly #options: ContextLogOptions;
  readonly #out: LineReader;
  readonly #partial: LineReader;
  readonly #byId = new Map<string, Kept>();
  readonly #byReport = new Map<string, Kept>();
  #handle: FileHandle | undefined;
  /** The last append, done or to be done. */
  #written: Promise<void> = Promise.resolve();
  #size = 0;
  /** Is `out` not what the log holds? */
  #isStale = false;
  /** How many lines of `out` there were. */
  #standing = 0;

  private constructor(options: ContextLogOptions) {
    this.#options = options;
    this.#out = new LineReader(options.out);
    this.#partial = new LineReader(`${options.out}${PARTIAL}`);
  }

  /**
   * Reads what is done, and drops the part of a line that a kill left behind.
   * @throws {ConfigError} when `out`, or its partial file, holds contexts of another provider and `force` is not set
   * @throws {ManifestError} when a line is damaged that is not the last, or is no context, even with `force`
   */
  static async open(options: ContextLogOptions): Promise<ContextLog> {
    const log = new ContextLog(options);
    await log.#readOut();
    await log.#readPartial();
    return log;
  }

  /** Is the record of this id and report done? */
  has(id: string, reportHash: string): boolean {
    return this.#byId.get(id)?.reportHash === reportHash;
  }

  /** What was distilled from the same report before, under whatever id; undefined where nothing was. */
  sameReport(reportHash: string): Promise<DistilledRecord> | undefined {
    const kept = this.#byReport.get(reportHash);
    return kept && readKept(kept);
  }

  /** Appends a record; once this is done, a kill does not lose it. */
  async append(record: DistilledRecord): Promise<void> {
    this.#written = this.#written.then(() => this.#write(record)); // one after another: places are counted
    await this.#written;
  }

  async #write(record: DistilledRecord): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    const place = { offset: this.#size, length: line.length - 1 };
    try {
      this.#handle ??= await open(this.#partial.path, "a", this.#options.mode);
      await this.#handle.appendFile(line);
    } catch (cause) {
      const what = describeError(cause);
      throw new EcampError(`Cannot write "${this.#partial.path}": ${what}`, { cause });
    }
    this.#size += line.length;
    this.#keep(record, { from: this.#partial, place, reportHash: record.reportHash });
  }

  /**
   * Writes `out`, with the lines of these ids in this order, and removes the partial file. Does nothing where `out` holds them
   * already. Contexts of records that are gone, or have no report any more, are left out.
   * @returns whether it was written
   * @throws {ConfigError} when no record has a report, and `out` holds contexts
   */
  async finish(ids: readonly string[]): Promise<boolean> {
    if (ids.length === 0 && this.#byId.size === 0 && this.#standing === 0) return false;
    this.#letGo(ids);
    if (!this.#isStale && this.#handle === undefined && this.#standing === ids.length) return false;
    await this.#handle?.close();
    this.#handle = undefined;
    await writeFileAtomically(this.#options.out, this.#lines(ids), { mode: this.#options.mode });
    await rm(this.#partial.path, { force: true });
    return true;
  }

  /** Says which contexts will be left out; all of them never are. */
  #letGo(ids: readonly string[]): void {
    const { out, note, force } = this.#options;
    if (ids.length === 0 && !force) {
      throw new ConfigError(
        `Cannot write "${out}": it holds ${this.#standing} contexts, and no record has a report, expected one at least; is it the right table and column? Empty it with --force`,
      );
    }
    const wanted = new Set(ids);
    const gone = [...this.#byId.keys()].filter((id) => !wanted.has(id)).length;
    if (gone > 0) note(`"${out}": ${gone} contexts are left out, whose records have no report now`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close();
    await this.#out[Symbol.asyncDispose]();
    await this.#partial[Symbol.asyncDispose]();
  }

  async *#lines(ids: readonly string[]): AsyncGenerator<string> {
    for (const id of ids) {
      const kept = this.#byId.get(id);
      if (kept !== undefined) yield `${await kept.from.read(kept.place)}\n`;
    }
  }

  async #readOut(): Promise<void> {
    const whole = await wholePart(this.#out.path);
    const unlike = await this.#read(this.#out, whole);
    this.#judge(this.#out.path, unlike);
    const { out, note } = this.#options;
    if (whole.isCut) note(`"${out}": its last line was cut off, and is made anew`);
    const isUnlike = unlike.others.size + unlike.outdated + unlike.unanswered > 0;
    this.#isStale ||= isUnlike || whole.isCut || whole.lacksEnd;
  }

  /** Lets records go that cannot be kept, if they may; those of others were perhaps paid for. */
  #judge(path: string, { others, outdated, unanswered }: UnlikeRecords): void {
    const { out, force, provider, note } = this.#options;
    if (outdated > 0) {
      note(
        `"${path}": ${outdated} contexts are of another version of the rules or prompt, and are made anew`,
      );
    }
    if (unanswered > 0) {
      note(
        `"${path}": ${unanswered} contexts lack what the model gave no answer about, and are made anew`,
      );
    }
    const count = [...others.values()].reduce((sum, each) => sum + each, 0);
    if (count === 0) return;
    const whose = [...others].map(([who, each]) => `${each} by ${who}`).join(", ");
    if (force) {
      note(`"${path}": ${count} contexts of another provider are replaced: ${whose}`);
      return;
    }
    const where = path === out ? "it holds" : `"${path}", which an unfinished run left, holds`;
    throw new ConfigError(
      `Cannot write "${out}": ${where} ${count} contexts that were not made by the provider ${provider.name} with ${provider.model}, but ${whose}; keep them by naming another file (--out), or replace them (--force)`,
    );
  }

  async #readPartial(): Promise<void> {
    const { path } = this.#partial;
    const whole = await wholePart(path);
    this.#judge(path, await this.#read(this.#partial, whole));
    if (whole.bytes > 0 || whole.isCut) this.#isStale = true;
    this.#size = await mendEnd(path, whole);
    if (whole.isCut) this.#options.note(`"${path}": dropped its last line, which was cut off`);
  }

  /** Keeps the lines of this provider, and counts those of others and those of another version. */
  async #read(from: LineReader, whole: WholePart): Promise<UnlikeRecords> {
    const { provider, signal } = this.#options;
    const others = new Map<string, number>();
    const counts = { outdated: 0, unanswered: 0 };
    for await (const { value, line, offset, length } of readWholeLines(from.path, whole, signal)) {
      const record = asDistilledRecord(value);
      if (record === undefined) requireContext(value, { path: from.path, line });
      if (from === this.#out) this.#standing += 1;
      if (record?.provider !== provider.name || record.model !== provider.model) {
        const who =
          record === undefined ? ANOTHER_PROGRAM : `${record.provider} with ${record.model}`;
        others.set(who, (others.get(who) ?? 0) + 1);
      } else if (record.promptHash !== provider.promptHash) counts.outdated += 1;
      else if (record.unanswered !== undefined) counts.unanswered += 1;
      else this.#keep(record, { from, place: { offset, length }, reportHash: record.reportHash });
    }
    return { others, ...counts };
  }

  #keep({ id }: DistilledRecord, kept: Kept): void {
    this.#byId.set(id, kept);
    this.#byReport.set(kept.reportHash, kept);
  }
}
