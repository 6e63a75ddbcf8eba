/** @file Distils every report of a source into `context.jsonl`: resumable, several in work at a time, no report twice. */
import { basename, dirname } from "node:path";
import { mapInOrder } from "../../data/map-in-order.ts";
import type { FindingChecker, Rejection } from "../../distill/check-finding.ts";
import { distillReport } from "../../distill/distill-report.ts";
import { isForeign } from "../../distill/is-foreign.ts";
import type { DistillProvider } from "../../distill/provider.ts";
import type { DistilledRecord, FindingStatus } from "../../distill/record.ts";
import { sha256 } from "../../util/sha256.ts";
import { lockRun } from "../run-lock.ts";
import { ContextLog } from "./context-log.ts";
import type { ReportSource, SourceReport } from "./report-source.ts";

/** What is distilled, by whom, into which file. */
export interface DistillReportsOptions {
  readonly source: ReportSource;
  readonly provider: DistillProvider;
  /** Which findings of a report are kept. */
  readonly check: (report: string) => FindingChecker;
  readonly out: string;
  /** Replace what another provider or program wrote? */
  readonly force: boolean;
  readonly now: () => Date;
  readonly note: (text: string) => void;
  /** Told how many records have been looked at. */
  readonly onProgress?: (records: number) => void;
  /**
   * Takes no more reports, and aborts the asking about those in work, where the provider asks anybody; what is done is kept. The
   * promise is then rejected with the signal's reason if a report was aborted, or says that it was stopped.
   */
  readonly signal?: AbortSignal;
}

/** What was done. */
export interface DistillSummary {
  readonly file: string;
  /** Records of the source, those without a report included. */
  readonly records: number;
  readonly withoutReport: number;
  /** Done by a run before. */
  readonly kept: number;
  /** Copied from another record of the same report. */
  readonly copied: number;
  /** Distilled now. */
  readonly distilled: number;
  /** Reports, of those distilled now, in which nothing was found, and those of them that are in another language than English. */
  readonly namingNothing: number;
  readonly foreign: number;
  /** Records made now with a sentence that had no answer; the next run makes them anew. */
  readonly unanswered: number;
  /** Findings of those distilled now. */
  readonly findings: Readonly<Record<FindingStatus, number>>;
  /** Findings that were not kept, by reason. */
  readonly rejected: Readonly<Partial<Record<Rejection, number>>>;
  /** Was it stopped before the end? The file is then as it was, and the next run goes on from here. */
  readonly stopped: boolean;
  /** What the provider used, where it says so. */
  readonly usage?: string;
}

/**
 * Distils the reports of a source.
 * @throws {ConfigError} when the file holds contexts of another provider, or another run is writing it
 * @throws what the provider throws; what was done before is kept for the next run
 */
export async function distillReports(options: DistillReportsOptions): Promise<DistillSummary> {
  const { source, provider, out, force, note, now, signal } = options;
  const { mode } = source;
  const lockName = `.${basename(out)}.lock`;
  await using _lock = await lockRun(dirname(out), { note, now, mode, name: lockName });
  await using log = await ContextLog.open({ out, provider, force, mode, note, signal });
  const work = new Distilling(options, log);
  try {
    const ids = await work.all();
    if (ids !== undefined) await log.finish(ids);
    return work.summary(ids === undefined);
  } catch (error) {
    await work.settle(); // others that were in work may still be done, and were perhaps paid for
    noteEnd(work.summary(true), note);
    throw error;
  }
}

/** Says before a failure, or Ctrl-C, what is kept and what was paid for. */
function noteEnd(
  { distilled, copied, usage }: DistillSummary,
  note: DistillReportsOptions["note"],
): void {
  const made = distilled + copied;
  if (made > 0)
    note(`${made} contexts were made and are kept; the same command goes on from there`);
  if (usage !== undefined) note(`used: ${usage}`);
}

/** The work on one source, with its counts. */
class Distilling {
  readonly #options: DistillReportsOptions;
  readonly #log: ContextLog;
  /** By report hash, what is being distilled: the same report under another id waits for it. */
  readonly #inWork = new Map<string, Promise<DistilledRecord>>();
  readonly #counts = {
    records: 0,
    withoutReport: 0,
    kept: 0,
    copied: 0,
    distilled: 0,
    namingNothing: 0,
    foreign: 0,
    unanswered: 0,
  };
  readonly #findings = { present: 0, absent: 0, uncertain: 0 };
  readonly #rejected: Partial<Record<Rejection, number>> = {};

  constructor(options: DistillReportsOptions, log: ContextLog) {
    this.#options = options;
    this.#log = log;
  }

  /** Distils all; returns the ids that have a context, in order, or undefined when it was stopped. */
  async all(): Promise<readonly string[] | undefined> {
    const { source, provider, signal, onProgress } = this.#options;
    const ids: string[] = [];
    let done = 0;
    const results = mapInOrder(this.#untilStopped(source.reports()), provider.concurrency, (each) =>
      this.#one(each),
    );
    for await (const id of results) {
      if (id !== undefined) ids.push(id);
      done += 1;
      onProgress?.(done);
    }
    return signal?.aborted === true ? undefined : ids;
  }

  async *#untilStopped(reports: AsyncIterable<SourceReport>): AsyncGenerator<SourceReport> {
    for await (const report of reports) {
      if (this.#options.signal?.aborted === true) return;
      yield report;
    }
  }

  async #one({ id, report = "" }: SourceReport): Promise<string | undefined> {
    this.#counts.records += 1;
    if (report.trim() === "") {
      this.#counts.withoutReport += 1;
      return undefined;
    }
    const reportHash = sha256(report);
    if (this.#log.has(id, reportHash)) this.#counts.kept += 1;
    else await this.#make(id, report, reportHash);
    return id;
  }

  /** Adds the record of a report, distilled unless it was, or is being, under another id. */
  async #make(id: string, report: string, reportHash: string): Promise<void> {
    const same = this.#inWork.get(reportHash) ?? this.#log.sameReport(reportHash);
    if (same !== undefined) {
      const record = { ...(await same), id };
      await this.#log.append(record);
      this.#counts.copied += 1;
      if (record.unanswered !== undefined) this.#counts.unanswered += 1;
      return;
    }
    const work = this.#distil(id, report, reportHash);
    this.#inWork.set(reportHash, work);
    try {
      await work;
    } finally {
      this.#inWork.delete(reportHash);
    }
  }

  async #distil(id: string, report: string, reportHash: string): Promise<DistilledRecord> {
    const { provider, check, now, signal } = this.#options;
    const { context, findings, rejected, unanswered } = await distillReport(report, {
      provider,
      check,
      ...(signal !== undefined && { signal }),
    });
    if (findings.length === 0) {
      this.#counts.namingNothing += 1;
      if (isForeign(report)) this.#counts.foreign += 1;
    }
    for (const { status } of findings) this.#findings[status] += 1;
    for (const reason of rejected) this.#rejected[reason] = (this.#rejected[reason] ?? 0) + 1;
    const { name, model, promptHash } = provider;
    const from = { provider: name, model, promptHash, reportHash, time: now().toISOString() };
    const record = { id, context, findings, ...(unanswered > 0 && { unanswered }), ...from };
    await this.#log.append(record);
    this.#counts.distilled += 1;
    if (unanswered > 0) this.#counts.unanswered += 1;
    return record;
  }

  /** Waits for what is in work, however it ends. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#inWork.values());
  }

  summary(stopped: boolean): DistillSummary {
    const usage = this.#options.provider.usage?.();
    return {
      file: this.#options.out,
      ...this.#counts,
      findings: { ...this.#findings },
      rejected: { ...this.#rejected },
      stopped,
      ...(usage !== undefined && { usage }),
    };
  }
}
