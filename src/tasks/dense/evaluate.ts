/** @file A trained segmenter's or detector's figures on a split: predictions, intervals, files, drawn cases. */
import type { DatasetRecord, Split } from "../../data/record.ts";
import type { LeakReport } from "../../data/split/find-leaks.ts";
import { openDevice } from "../../engine/runtime/device.ts";
import { type DenseReport, denseReport } from "../../metrics/dense-report.ts";
import { lonelyGroup } from "../../metrics/predictions.ts";
import { digestFile } from "../../util/sha256.ts";
import type { DenseProvenance } from "../evaluation/dense-evaluation-file.ts";
import { writeEvaluationFiles } from "../evaluation/evaluation-file.ts";
import { findEvaluationLeaks, openSources } from "../finetune/evaluation-sources.ts";
import type { PictureDescription } from "../finetune/model-description.ts";
import { openModel } from "../finetune/open-model.ts";
import type { DenseConfig, DenseFields } from "./dense-task.ts";
import { type DrawCasesOptions, drawCases } from "./draw-cases.ts";
import type { DenseJudging, JudgedRecords, JudgingChoices } from "./judging.ts";
import { runSplit } from "./run-split.ts";

/** What is evaluated, and how. */
export interface DenseEvaluateOptions<Config> extends JudgingChoices {
  /** The run's folder. */
  readonly run: string;
  readonly config: Config;
  /** Another dataset to score than the run's. */
  readonly data?: string | undefined;
  /** The folder that predictions and figures are written into. */
  readonly folder: string;
  readonly split: Split;
  /** A lesion that covers less than this share of its picture is small. */
  readonly smallBelow: number;
  /** Of the resamples. */
  readonly seed: number;
  readonly resamples: number;
  /** So many of the best, the middle and the worst cases are drawn. Default none. */
  readonly pictures?: number | undefined;
  /** Are cases of a private dataset drawn too? */
  readonly includeCases?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: (text: string) => void;
  readonly onProgress: (
    stage: Split | "intervals" | "pictures",
    done: number,
    total: number,
  ) => void;
}

/** What came out. Plain JSON. */
export interface DenseEvaluation<Name extends string> extends DenseProvenance {
  readonly report: DenseReport<Name>;
  /** What splits share, when they do. */
  readonly leakReport: LeakReport;
  /** Where predictions and figures were written. */
  readonly folder: string;
  /** Where cases were drawn, if they were. */
  readonly pictures: string | undefined;
}

/**
 * Evaluates the best model of a run on a split, and writes predictions and figures into the run.
 * @throws {ManifestError} when the split has no records that are known; when patients stand in two splits, or the run has seen those
 * that shall judge it, and that was not allowed
 */
export async function evaluateDense<
  Config extends DenseConfig,
  F extends DenseFields,
  Description extends PictureDescription,
  Line,
  Name extends string,
>(
  judging: DenseJudging<Config, F, Description, Line, Name>,
  options: DenseEvaluateOptions<Config>,
): Promise<DenseEvaluation<Name>> {
  const { config, folder, split, smallBelow, seed, resamples, signal, onProgress } = options;
  const { data: own, allowLeak } = config.run;
  const model = await openModel(judging.format, options.run);
  const sources = await openSources({ run: options.run, own, data: options.data, signal });
  const leaks = await findEvaluationLeaks(model, sources, { split, allowLeak, signal });
  const opened = judging.open(model, options);
  const records: Mutable<Line> = { ids: [], groups: [], lines: [], classes: opened.classes };
  const running = {
    ...{ task: judging.task, config, split, signal },
    device: openDevice({ provider: config.run.device, threads: config.run.threads }),
    onSkipped: (skipped: readonly { readonly id: string; readonly reason: string }[]) => {
      for (const { id, reason } of skipped) options.onNote(`skipped record "${id}": ${reason}`);
    },
  };
  const trained = { ...opened, model };
  for await (const { index, ...run } of runSplit(trained, sources.scored, {
    ...running,
    onProgress: (done, total) => onProgress(split, done, total),
  })) {
    for (const row of run.rows) {
      keepRecord(records, await index.read(run.batch.records[row] ?? 0));
    }
    records.lines.push(...opened.linesOf(run));
  }
  const report = await denseReport(judging.figures(records, { smallBelow }), {
    ...{ seed, resamples, signal },
    onProgress: (done, total) => onProgress("intervals", done, total),
  });
  const dataset = sources.scored;
  const provenance: DenseProvenance = {
    ...{ task: judging.kind, classes: opened.classes, smallBelow, split },
    ...{ model: model.file, modelSha256: await digestFile(model.file) },
    ...{ dataset: dataset.folder, datasetSha256: await dataset.identity(signal) },
    ...{ leaks: leaks.reasons.length > 0, leakReasons: leaks.reasons },
    warnings: [...sources.warnings, ...leaks.warnings, ...(split === "val" ? [CHOSEN_BY] : [])],
  };
  const { privacy } = dataset.manifest;
  await writeEvaluationFiles(folder, {
    ...{ lines: textOf(records), figures: { ...provenance, report }, privacy },
  });
  const drawing: DrawCasesOptions<Config, F, Line> = { ...options, ...running, records };
  const pictures = await drawCases({ judging, opened, trained, dataset }, drawing);
  return { ...provenance, report, leakReport: leaks.leakReport, folder, pictures };
}

const CHOSEN_BY = "these records have chosen the best model of the run: the figures flatter";

/** Records as they are collected. */
interface Mutable<Line> extends JudgedRecords<Line> {
  readonly ids: string[];
  readonly groups: string[];
  readonly lines: Line[];
}

function keepRecord<Line>(
  { ids, groups }: Mutable<Line>,
  { id, patient }: Pick<DatasetRecord, "id" | "patient">,
): void {
  ids.push(id);
  groups.push(patient ?? lonelyGroup(id));
}

/** A line a record: its id, its patient, and what is kept of it. */
function* textOf<Line>({ ids, groups, lines }: JudgedRecords<Line>): Generator<string> {
  for (const [i, id] of ids.entries()) {
    yield `${JSON.stringify({ id, patient: groups[i], ...lines[i] })}\n`;
  }
}
