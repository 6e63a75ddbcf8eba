/** @file A trained classifier's figures on a split: predictions, thresholds that the validation split chooses, intervals, files. */
import { openDataset } from "../../data/dataset.ts";
import { digestFile } from "../../data/digest-file.ts";
import type { Split } from "../../data/record.ts";
import { type LeakReport, requireNoLeak } from "../../data/split/find-leaks.ts";
import { openDevice } from "../../engine/runtime/device.ts";
import {
  type ClassificationReport,
  classificationReport,
} from "../../metrics/classification-report.ts";
import type { Predictions } from "../../metrics/predictions.ts";
import { chooseThresholds, type ThresholdRule } from "../../metrics/thresholds.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import { type Provenance, writeEvaluation } from "../evaluation/evaluation-file.ts";
import { openClassifier } from "./open-classifier.ts";
import { predictSplit } from "./predict-split.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  /** The run's folder. */
  readonly run: string;
  /** The run's configuration; `run.data` is the dataset. */
  readonly config: ClassifyConfig;
  /** The folder that predictions and figures are written into. */
  readonly folder: string;
  readonly split: Split;
  /** How the threshold of each class is chosen on the split `val`. */
  readonly rule: ThresholdRule;
  /** Of the resamples. */
  readonly seed: number;
  readonly resamples: number;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: (text: string) => void;
  readonly onProgress: (stage: Split | "intervals", done: number, total: number) => void;
}

/** What came out. Plain JSON. */
export interface Evaluation extends Provenance {
  readonly report: ClassificationReport;
  /** What splits share, when they do. */
  readonly leakReport: LeakReport;
  /** Where predictions and figures were written. */
  readonly folder: string;
}

/**
 * Evaluates the best model of a run on a split of its dataset, and writes predictions and figures into the run.
 * @throws {ManifestError} when the split has no records, or patients stand in two splits and that was not allowed
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { config, folder, split, rule, seed, resamples, signal, onNote, onProgress } = options;
  const { data } = config.run;
  if (data === null)
    throw new ConfigError("Cannot evaluate without a dataset: give it with --data");
  const classifier = await openClassifier(options.run);
  const dataset = await openDataset(data);
  const leakReport = await requireNoLeak(dataset, { allowLeak: config.run.allowLeak });
  const predictionsOf = (part: Split): Promise<Predictions | undefined> =>
    predictSplit(classifier, dataset, {
      ...{ split: part, uncertain: config.data.uncertain, signal },
      device: openDevice({ provider: config.run.device, threads: config.run.threads }),
      batch: config.train.batch,
      workers: config.data.workers,
      onBadRecord: config.data.onBadRecord,
      onSkipped: (skipped) => {
        for (const { id, reason } of skipped) onNote(`skipped record "${id}": ${reason}`);
      },
      onProgress: (done, total) => onProgress(part, done, total),
    });
  const scored = await predictionsOf(split);
  if (scored === undefined) {
    throw new ManifestError(
      `Cannot evaluate on "${data}": it has no records of the split ${split} with an image; make splits with "ecamp data split"`,
    );
  }
  const validation = split === "val" ? scored : await predictionsOf("val");
  if (validation === undefined) {
    onNote("warning: no records of the split val: no threshold can be chosen");
  }
  const thresholds = validation === undefined ? undefined : chooseThresholds(validation, rule);
  const report = await classificationReport(scored, {
    ...{ seed, resamples, signal },
    ...(thresholds !== undefined && { thresholds }),
    onProgress: (done, total) => onProgress("intervals", done, total),
  });
  const provenance: Provenance = {
    ...{ model: classifier.file, modelSha256: await digestFile(classifier.file) },
    ...{ dataset: data, datasetSha256: await dataset.identity(signal) },
    ...{ split, leaks: leakReport.leaks },
    thresholdRule: thresholds === undefined ? null : rule,
  };
  const { privacy } = dataset.manifest;
  await writeEvaluation(folder, { ...provenance, report, predictions: scored, privacy });
  return { ...provenance, report, leakReport, folder };
}
