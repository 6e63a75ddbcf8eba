/** @file What distils a report: the one interface behind which rules and language models stand. */
import type { Finding } from "./record.ts";

/** What a provider found in one report. */
export interface Distillation {
  /** Unchecked: whoever uses them keeps those that `checkFinding` lets pass. */
  readonly findings: readonly Finding[];
  /** Sentences of the provider's own, to stand in the place of those of `writeContext`. */
  readonly context?: string;
  /** How many sentences were asked about and had no answer; absent for none. */
  readonly unanswered?: number;
}

/** How one report is distilled. */
export interface DistillOptions {
  /** Aborts the work on the report. */
  readonly signal?: AbortSignal;
}

/** Something that distils reports. It holds no state between reports that changes what it finds. */
export interface DistillProvider extends AsyncDisposable {
  /** Such as `rules`; stands in the records. */
  readonly name: string;
  /** The lexicon or the language model; stands in the records. */
  readonly model: string;
  /** SHA-256 of what it goes by. Equal name, model, hash and report mean that the work is done. */
  readonly promptHash: string;
  /** How many reports it can work on at a time. */
  readonly concurrency: number;
  /**
   * Distils a report.
   * @throws {EcampError} when it cannot, without quoting the report
   */
  distill(report: string, options?: DistillOptions): Promise<Distillation>;
  /** What it used so far, for people, such as `1,204 tokens`; absent where there is nothing to say. */
  usage?(): string;
}
