/** @file A trained segmenter's or detector's figures on a split: predictions, intervals, files, drawn cases. */
import type { Dataset } from "../../data/dataset.ts";
import type { Split } from "../../data/record.ts";
import { describeRepairs, type RepairCounts, totalRepairs } from "../../data/repairs.ts";
import type { LeakReport } from "../../data/split/find-leaks.ts";
import { type Device, openDevice } from "../../engine/runtime/device.ts";
import { type DenseReport, denseReport } from "../../metrics/dense-report.ts";
import { lonelyGroup } from "../../metrics/predictions.ts";
import { digestFile } from "../../util/sha256.ts";
import type { DenseProvenance } from "../evaluation/dense-evaluation-file.ts";
import { writeEvaluationFiles } from "../evaluation/evaluation-file.ts";
import {
  type FoundLeaks,
  findEvaluationLeaks,
  openSources,
} from "../finetune/evaluation-sources.ts";
import type { PictureDescription } from "../finetune/model-description.ts";
import { openModel } from "../finetune/open-model.ts";
import type { DenseConfig, DenseFields, DenseTask } from "./dense-task.ts";
import { drawCases, removeDrawn } from "./draw-cases.ts";
import type { DenseJudging, JudgedRecords, JudgingChoices, OpenJudging } from "./judging.ts";
import { type RunSplitOptions, runSplit, type TrainedDense } from "./run-split.ts";
import { describeUnsaidClasses } from "./scored-classes.ts";

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
 * @throws {ManifestError} when the split has no records that are known, or another dataset none of the model's classes; when patients
 * stand in two splits, or the run has seen those that shall judge it, and that was not allowed
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
  const { config, folder, smallBelow, minObjectness, seed, resamples, signal } = options;
  const model = await openModel(judging.format, options.run);
  const opened = judging.open(model, options);
  const { task, kind } = judging;
  const { dataset, leaks, warnings } = await openScored({ ...opened, task, model }, options);
  const trained = { ...opened, model };
  const device = openDevice({ provider: config.run.device, threads: config.run.threads });
  const { records, skipped, mended } = await scoreRecords(
    { task, trained, dataset, device },
    options,
  );
  const report = await denseReport(judging.figures(records, { smallBelow }), {
    ...{ seed, resamples, signal },
    onProgress: (done, total) => options.onProgress("intervals", done, total),
  });
  const provenance: DenseProvenance = {
    ...{ task: kind, classes: opened.classes, smallBelow, split: options.split },
    ...(minObjectness !== undefined && { minObjectness }),
    ...{ model: model.file, modelSha256: await digestFile(model.file) },
    ...{ dataset: dataset.folder, datasetSha256: await dataset.identity(signal) },
    ...{ leaks: leaks.reasons.length > 0, leakReasons: leaks.reasons },
    warnings: [
      ...warnings,
      ...describeSkipped(skipped, records.ids.length),
      ...describeRepairs(mended).map((said) => `mended as they were read: ${said}`),
    ],
  };
  const { privacy } = dataset.manifest;
  // Before the figures: pictures of an earlier evaluation never lie beside the figures of this one.
  await removeDrawn(folder);
  await writeEvaluationFiles(folder, {
    ...{ lines: textOf(records), figures: { ...provenance, report }, privacy },
  });
  const drawing = { ...options, ...{ task, device, records, onSkipped: () => {} } };
  const pictures = await drawCases({ judging, opened, trained, dataset }, drawing);
  return { ...provenance, report, leakReport: leaks.leakReport, folder, pictures };
}

/** What is scored, what leaks, and what else a reader of the figures should know. */
async function openScored<Config extends DenseConfig, F extends DenseFields>(
  {
    task,
    model,
    classes,
  }: {
    readonly task: DenseTask<Config, F>;
    readonly model: PictureDescription;
    readonly classes: readonly string[];
  },
  { run, config, data, split, signal }: DenseEvaluateOptions<Config>,
): Promise<{
  readonly dataset: Dataset;
  readonly leaks: FoundLeaks;
  readonly warnings: readonly string[];
}> {
  const { data: own, allowLeak } = config.run;
  const sources = await openSources({ run, own, data, signal });
  const leaks = await findEvaluationLeaks(model, sources, { split, allowLeak, signal });
  const isOwn = sources.own === sources.scored;
  const ofRecords = isOwn
    ? SEEN[split]
    : await describeUnsaidClasses(sources.scored, { task, config, classes, signal });
  const warnings = [...sources.warnings, ...leaks.warnings, ...ofRecords];
  return { dataset: sources.scored, leaks, warnings };
}

/** What a run's own records of a split were to it. */
const SEEN: Readonly<Record<Split, readonly string[]>> = {
  train: ["the model has learnt from these records: the figures flatter"],
  val: ["these records have chosen the best model of the run: the figures flatter"],
  test: [],
};

const describeSkipped = (skipped: number, scored: number): readonly string[] =>
  skipped === 0
    ? []
    : [
        `${skipped} of ${skipped + scored} records could not be used and are skipped: no figure counts them`,
      ];

/** Runs the split, and keeps of every record what its figures are made of. */
async function scoreRecords<Config extends DenseConfig, F extends DenseFields, Line>(
  {
    task,
    trained,
    dataset,
    device,
  }: {
    readonly task: DenseTask<Config, F>;
    readonly trained: TrainedDense<F> & Pick<OpenJudging<Config, F, Line>, "linesOf">;
    readonly dataset: Dataset;
    readonly device: Device;
  },
  { config, split, signal, onNote, onProgress }: DenseEvaluateOptions<Config>,
): Promise<{
  readonly records: JudgedRecords<Line>;
  readonly skipped: number;
  readonly mended: RepairCounts;
}> {
  const ids: string[] = [];
  const groups: string[] = [];
  const lines: Line[] = [];
  const skipped = new Set<string>();
  const mended = new Map<number, RepairCounts>();
  const running: RunSplitOptions<Config, F> = {
    ...{ task, config, split, device, signal },
    onSkipped: (found) => {
      for (const { id, reason } of found) {
        if (!skipped.has(id)) onNote(`skipped record "${id}": ${reason}`);
        skipped.add(id);
      }
    },
    onProgress: (done, total) => onProgress(split, done, total),
  };
  for await (const { index, ...run } of runSplit(trained, dataset, running)) {
    for (const row of run.rows) {
      const { id, patient } = await index.read(run.batch.records[row] ?? 0);
      ids.push(id);
      groups.push(patient ?? lonelyGroup(id));
    }
    for (const { record, repairs } of run.batch.mended) mended.set(record, repairs);
    lines.push(...trained.linesOf(run));
  }
  return {
    records: { ids, groups, lines, classes: trained.classes },
    ...{ skipped: skipped.size, mended: totalRepairs(mended.values()) },
  };
}

/** A line a record: its id, its patient, and what is kept of it. */
function* textOf<Line>({ ids, groups, lines }: JudgedRecords<Line>): Generator<string> {
  for (const [i, id] of ids.entries()) {
    yield `${JSON.stringify({ id, patient: groups[i], ...lines[i] })}\n`;
  }
}
