/** @file One report through a provider: its findings checked, its context written. */
import type { FindingChecker, Rejection } from "./check-finding.ts";
import type { DistillOptions, DistillProvider } from "./provider.ts";
import type { Finding } from "./record.ts";
import { writeContext } from "./write-context.ts";

/** What became of a report. */
export interface DistilledReport {
  readonly context: string;
  readonly findings: readonly Finding[];
  /** Why findings of the provider were not kept, one entry each. */
  readonly rejected: readonly Rejection[];
  /** Sentences that had no answer. */
  readonly unanswered: number;
}

/** In the order of the text, whatever order a model answers in. */
function byEvidence({ evidence: [a, aEnd] }: Finding, { evidence: [b, bEnd] }: Finding): number {
  return a - b || aEnd - bEnd;
}

/**
 * Distils a report, and keeps of the provider's findings what the report says, in the order of the text.
 * @throws what the provider throws
 */
export async function distillReport(
  report: string,
  {
    provider,
    check,
    ...options
  }: DistillOptions & {
    readonly provider: DistillProvider;
    readonly check: (report: string) => FindingChecker;
  },
): Promise<DistilledReport> {
  const { findings, context, unanswered = 0 } = await provider.distill(report, options);
  const rejected: Rejection[] = [];
  const reasonFor = check(report);
  const kept = findings
    .filter((finding) => {
      const reason = reasonFor(finding);
      if (reason !== undefined) rejected.push(reason);
      return reason === undefined;
    })
    .toSorted(byEvidence);
  return { context: context ?? writeContext(kept), findings: kept, rejected, unanswered };
}
