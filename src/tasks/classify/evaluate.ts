/** @file A trained classifier's figures on a split: predictions, thresholds that the validation split chooses, intervals, files. */
import type { Dataset } from "../../data/dataset.ts";
import type { Uncertain } from "../../data/labels.ts";
import type { Split } from "../../data/record.ts";
import type { LeakReport } from "../../data/split/find-leaks.ts";
import { openDevice } from "../../engine/runtime/device.ts";
import {
  type ClassificationReport,
  classificationReport,
} from "../../metrics/classification-report.ts";
import type { Predictions } from "../../metrics/predictions.ts";
import { chooseThresholds, type ThresholdRule, type Thresholds } from "../../metrics/thresholds.ts";
import type { ClassifyConfig } from "../../recipes/classify-config.ts";
import { ManifestError } from "../../util/errors.ts";
import { digestFile } from "../../util/sha256.ts";
import { type Provenance, writeEvaluation } from "../evaluation/evaluation-file.ts";
import {
  type EvaluationSources,
  findEvaluationLeaks,
  openSources,
} from "../finetune/evaluation-sources.ts";
import { type OpenClassifier, openClassifier } from "./open-classifier.ts";
import { predictSplit } from "./predict-split.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  /** The run's folder. */
  readonly run: string;
  /** The run's configuration; `run.data` is the dataset that it was trained on, whose split `val` chooses thresholds. */
  readonly config: ClassifyConfig;
  /** Another dataset to score than the run's. */
  readonly data?: string | undefined;
  /** The folder that predictions and figures are written into. */
  readonly folder: string;
  readonly split: Split;
  /** How the threshold of each class is chosen on the split `val`. */
  readonly rule: ThresholdRule;
  /**
   * What an uncertain label is taken for where it judges, whatever it was in training. Unknown by default: two runs that were
   * trained differently are then judged by the same labels.
   */
  readonly uncertain?: Uncertain | undefined;
  /** Of the resamples. */
  readonly seed: number;
  readonly resamples: number;
  /** Means leave out classes that fewer records have. Default 0. */
  readonly minPositives?: number | undefined;
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
 * Evaluates the best model of a run on a split, and writes predictions and figures into the run.
 * @throws {ManifestError} when the split has no records; when patients stand in two splits, or the run has seen those that shall
 * judge it, and that was not allowed
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { config, folder, split, rule, seed, resamples, signal, onProgress } = options;
  const { uncertain = "ignore", minPositives = 0 } = options;
  const { data: own, allowLeak } = config.run;
  const classifier = await openClassifier(options.run);
  const sources = await openSources({ run: options.run, own, data: options.data, signal });
  const found = await findEvaluationLeaks(classifier, sources, { split, allowLeak, signal });
  const predicting: Predicting = { classifier, sources, options, uncertain };
  const scored = await predictScored(predicting);
  const { thresholds, warnings } = await thresholdsOf(predicting, scored);
  const report = await classificationReport(scored, {
    ...{ seed, resamples, minPositives, signal },
    ...(thresholds !== undefined && { thresholds }),
    onProgress: (done, total) => onProgress("intervals", done, total),
  });
  const dataset = sources.scored;
  const provenance: Provenance = {
    ...{ model: classifier.file, modelSha256: await digestFile(classifier.file) },
    ...{ dataset: dataset.folder, datasetSha256: await dataset.identity(signal) },
    ...{ split, uncertain, leaks: found.reasons.length > 0, leakReasons: found.reasons },
    warnings: [...sources.warnings, ...found.warnings, ...warnings],
    thresholdRule: thresholds === undefined ? null : rule,
  };
  const { privacy } = dataset.manifest;
  await writeEvaluation(folder, { ...provenance, report, predictions: scored, privacy });
  return { ...provenance, report, leakReport: found.leakReport, folder };
}

interface Predicting {
  readonly classifier: OpenClassifier;
  readonly sources: EvaluationSources;
  readonly options: EvaluateOptions;
  readonly uncertain: Uncertain;
}

async function predictScored(predicting: Predicting): Promise<Predictions> {
  const { sources, options } = predicting;
  const scored = await predictPart(predicting, sources.scored, options.split);
  if (scored !== undefined) return scored;
  throw new ManifestError(
    `Cannot evaluate on "${sources.scored.folder}": it has no records of the split ${options.split} with an image; make splits with "ecamp data split"`,
  );
}

function predictPart(
  { classifier, options, uncertain }: Predicting,
  dataset: Dataset,
  part: Split,
): Promise<Predictions | undefined> {
  const { config, signal, onNote, onProgress } = options;
  return predictSplit(classifier, dataset, {
    ...{ split: part, uncertain, signal },
    device: openDevice({ provider: config.run.device, threads: config.run.threads }),
    batch: config.train.batch,
    workers: config.data.workers,
    onBadRecord: config.data.onBadRecord,
    onSkipped: (skipped) => {
      for (const { id, reason } of skipped) onNote(`skipped record "${id}": ${reason}`);
    },
    onProgress: (done, total) => onProgress(part, done, total),
  });
}

/** Thresholds that the run's own split `val` chooses, whatever is scored: another dataset has no say in how it is judged. */
async function thresholdsOf(
  predicting: Predicting,
  scored: Predictions,
): Promise<{
  readonly thresholds: Thresholds | undefined;
  readonly warnings: readonly string[];
}> {
  const { sources, options } = predicting;
  const { own } = sources;
  const isScored = own === sources.scored && options.split === "val";
  const warnings = isScored
    ? [
        "these records have chosen the thresholds, and the best model of the run: the figures flatter",
      ]
    : [];
  const validation =
    own === undefined || isScored ? undefined : await predictPart(predicting, own, "val");
  const chosenBy = isScored ? scored : validation;
  if (chosenBy !== undefined) {
    return { thresholds: chooseThresholds(chosenBy, options.rule), warnings };
  }
  return {
    thresholds: undefined,
    warnings: ["no records of the run's own split val: no threshold can be chosen"],
  };
}
