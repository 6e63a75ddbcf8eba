/** @file What `ecamp distill run` does: finds the reports, distils them, says what came of it. */
import { DATASET_FILES } from "../data/dataset-files.ts";
import { REJECTIONS, type Rejection } from "../distill/check-finding.ts";
import { type DistillSummary, distillReports } from "../tasks/distill/distill-reports.ts";
import { datasetReports, type ReportSource, tableReports } from "../tasks/distill/report-source.ts";
import { UsageError } from "../util/errors.ts";
import { openProvider, type ProviderArgs } from "./distill-provider.ts";
import { withProgress } from "./progress.ts";
import { refuseSourceFile } from "./refuse-source-file.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp distill run`, as its option table gives them. */
export interface DistillArgs extends ProviderArgs {
  readonly dataset: string | undefined;
  readonly out: string | undefined;
  readonly from: string | undefined;
  readonly idColumn: string;
  readonly reportColumn: readonly string[];
  readonly force: boolean;
  readonly json: boolean;
}

/** Distils and prints the counts. */
export async function runDistill(
  args: DistillArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const source = await openSource(args);
  const out = args.out ?? source.out;
  if (out === undefined || out === "") {
    throw new UsageError(`Cannot distil "${source.name}": name the file to write with --out`);
  }
  await refuseSourceFile({
    ...{ out, from: args.from, mayBe: DATASET_FILES.context, attempt: "write contexts to" },
    expected: "a file of its own, such as context.jsonl",
  });
  const { provider, check } = await openProvider(args, {
    source,
    note: (text) => terminal.err(`${text}\n`),
    signal,
  });
  await using _provider = provider;
  const summary = await withProgress(terminal, { label: "distill", unit: "records" }, (progress) =>
    distillReports({
      ...{ source, provider, check, out, signal },
      force: args.force,
      now: () => new Date(),
      note: progress.note,
      onProgress: (records) => progress.update(records),
    }),
  );
  terminal.out(args.json ? `${JSON.stringify(summary)}\n` : describeDistillation(summary, args));
  return summary.stopped ? 1 : 0;
}

/** The column of reports unless others are named. */
const REPORT_COLUMN = "report";

async function openSource(args: DistillArgs): Promise<ReportSource> {
  const { dataset, from, idColumn, reportColumn } = args;
  if (dataset !== undefined && from === undefined) return datasetReports(dataset);
  if (from !== undefined && dataset === undefined) {
    const reportColumns = reportColumn.length === 0 ? [REPORT_COLUMN] : reportColumn;
    return tableReports({ from, idColumn, reportColumns });
  }
  throw new UsageError(
    "Cannot distil: expected a dataset folder, or a table with --from, and not both",
  );
}

/** The counts for people. */
function describeDistillation(summary: DistillSummary, { dataset }: DistillArgs): string {
  const { file, stopped, distilled, kept, copied, withoutReport, unanswered, foreign } = summary;
  const namingNothing = summary.namingNothing - foreign;
  const { present, absent, uncertain } = summary.findings;
  const isNew = distilled + copied > 0;
  const head = stopped
    ? `Stopped; what is done is kept, and the same command goes on`
    : isNew
      ? `Wrote "${file}"`
      : kept > 0
        ? `"${file}" holds every context already`
        : "No record has a report: nothing was written";
  const lines = [
    head,
    `  ${distilled} reports distilled, ${kept} were done before${copied > 0 ? `, ${copied} copied from records of the same report` : ""}`,
    ...(distilled > 0
      ? [`  findings: ${present} present, ${absent} absent, ${uncertain} uncertain`]
      : []),
    ...(namingNothing > 0
      ? [`  ${namingNothing} reports name nothing that the lexicon knows`]
      : []),
    ...(foreign > 0
      ? [`  ${foreign} reports are in another language than English: their contexts are empty`]
      : []),
    ...(unanswered > 0
      ? [`  ${unanswered} contexts lack sentences without an answer; the next run makes them anew`]
      : []),
    ...(withoutReport > 0 ? [`  ${withoutReport} records have no report`] : []),
    ...rejectionLines(summary.rejected),
    ...(summary.usage === undefined ? [] : [`  used: ${summary.usage}`]),
    ...(dataset !== undefined && !stopped
      ? ["", `Next: ecamp distill show ${dataset} --first 5`]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

function rejectionLines(rejected: DistillSummary["rejected"]): readonly string[] {
  // `Object.entries` forgets the keys' type.
  const entries = Object.entries(rejected) as [Rejection, number][];
  return entries.map(([reason, count]) => `  not kept: ${count} findings ${REJECTIONS[reason]}`);
}
