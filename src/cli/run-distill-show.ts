/** @file What `ecamp distill show` does: reads reports with their distilled records, prints them side by side. */
import { join } from "node:path";
import { DATASET_FILES, exists } from "../data/dataset-files.ts";
import { readOwnRecords } from "../data/join.ts";
import { type DistilledRecord, parseDistilledRecord } from "../distill/record.ts";
import { datasetReports } from "../tasks/distill/report-source.ts";
import { ConfigError, ManifestError } from "../util/errors.ts";
import { readJsonLines } from "../util/jsonl.ts";
import { sha256 } from "../util/sha256.ts";
import { describeCase } from "./show-distilled.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp distill show`, as its option table gives them. */
export interface DistillShowArgs {
  readonly folder: string;
  readonly first: number;
  readonly id: string | undefined;
  readonly includeCases: boolean;
}

/** Prints reports beside their contexts. */
export async function runDistillShow(
  { folder, first, id, includeCases }: DistillShowArgs,
  { terminal }: CommandContext,
): Promise<number> {
  const { isPrivate } = await datasetReports(folder);
  if (isPrivate && !includeCases) {
    throw new ConfigError(
      `Cannot show "${folder}": it is a private dataset, and its reports are shown with --include-cases only`,
    );
  }
  const file = join(folder, DATASET_FILES.context);
  if (!(await exists(file))) {
    throw new ManifestError(
      `Cannot show "${folder}": it has no contexts; run "ecamp distill run ${folder}" first`,
    );
  }
  const reports = await readReports(folder, { first, id });
  const contexts = await readContexts(file, reports);
  for (const [recordId, report] of reports) {
    const record = contexts.get(recordId);
    const isOf = record !== undefined && record.reportHash === sha256(report);
    if (isOf) terminal.outColored(describeCase(report, record, terminal));
    else {
      terminal.out(
        `${recordId}\n  no context of this report; run "ecamp distill run ${folder}"\n\n`,
      );
    }
  }
  return 0;
}

/** The reports that are asked for, by id. */
async function readReports(
  folder: string,
  { first, id }: Pick<DistillShowArgs, "first" | "id">,
): Promise<ReadonlyMap<string, string>> {
  const reports = new Map<string, string>();
  for await (const { record } of readOwnRecords(folder)) {
    if (id !== undefined && record.id !== id) continue;
    if (record.report !== undefined && record.report.trim() !== "")
      reports.set(record.id, record.report);
    if (reports.size === (id === undefined ? first : 1)) break;
  }
  if (reports.size > 0) return reports;
  throw new ManifestError(
    id === undefined
      ? `Cannot show "${folder}": no record has a report`
      : `Cannot show "${folder}": no record with a report has the id ${JSON.stringify(id)}`,
  );
}

async function readContexts(
  file: string,
  wanted: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, DistilledRecord>> {
  const found = new Map<string, DistilledRecord>();
  for await (const { value, line } of readJsonLines(file)) {
    const record = parseDistilledRecord(value, `read "${file}" line ${line}`);
    if (wanted.has(record.id)) found.set(record.id, record);
    if (found.size === wanted.size) break;
  }
  return found;
}
