/** @file The datasets of an evaluation: the one that is scored, the run's own, whose `val` chooses thresholds, and whether they leak. */
import { resolve } from "node:path";
import { type Dataset, openDataset } from "../../data/dataset.ts";
import type { Split } from "../../data/record.ts";
import { describeLeaks, type LeakReport, requireNoLeak } from "../../data/split/find-leaks.ts";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import { describeLostBest } from "./lost-best.ts";
import { describeSeen, requireUnseen } from "./seen-records.ts";
import { readTrainedOn, type TrainedOn } from "./trained-on.ts";

/** What is opened. */
export interface SourceOptions {
  /** The run's folder. */
  readonly run: string;
  /** The dataset that the run was trained on, as its configuration says. */
  readonly own: string | null;
  /** Another dataset to score. */
  readonly data: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Datasets, and what the run has seen. */
export interface EvaluationSources {
  readonly scored: Dataset;
  /** The run's own; undefined where it is gone. */
  readonly own: Dataset | undefined;
  readonly trainedOn: TrainedOn | undefined;
  /** What a person should know. */
  readonly warnings: readonly string[];
}

/**
 * Opens the dataset that is scored and the run's own, which are one unless another is named.
 * @throws {ConfigError} when there is none to score
 * @throws {ManifestError} when that one cannot be opened
 */
export async function openSources(options: SourceOptions): Promise<EvaluationSources> {
  const { run, own, data, signal } = options;
  const path = data ?? own;
  if (path === null) {
    throw new ConfigError("Cannot evaluate without a dataset: give it with --data");
  }
  const trainedOn = await readTrainedOn(run);
  const scored = await openDataset(path);
  const warnings = [...(await describeLostBest(run))];
  if (own !== null && resolve(path) === resolve(own)) {
    return { scored, own: scored, trainedOn, warnings };
  }
  // The run's own under another path: it was moved, or the run was.
  if (trainedOn?.datasets.includes(await scored.identity(signal)) === true) {
    return { scored, own: scored, trainedOn, warnings };
  }
  const opened = own === null ? undefined : await openDataset(own).catch(noteAbsence(warnings));
  return { scored, own: opened, trainedOn, warnings };
}

const noteAbsence =
  (warnings: string[]) =>
  (error: unknown): undefined => {
    if (!(error instanceof ManifestError)) throw error;
    warnings.push(`the run's own dataset is not there: ${error.message}`);
  };

/** How leaks are looked for. */
export interface LeakOptions {
  readonly split: Split;
  readonly allowLeak: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What leaks, in words. */
export interface FoundLeaks {
  readonly leakReport: LeakReport;
  /** Why figures flatter; none where they do not. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Looks for leaks: between the splits of the dataset that is scored, those that the model was trained with, and between
 * what it has seen and what shall judge it or choose its thresholds.
 * @throws {ManifestError} when there are some that were not allowed
 */
export async function findEvaluationLeaks(
  model: { readonly leaks: boolean },
  { scored, own, trainedOn }: EvaluationSources,
  { split, allowLeak, signal }: LeakOptions,
): Promise<FoundLeaks> {
  const leakReport = await requireNoLeak(scored, { allowLeak, signal });
  const reasons = [...describeLeaks(leakReport)];
  const warnings: string[] = [];
  if (model.leaks) {
    reasons.push("the model was trained on splits that share patients or pictures");
  }
  if (trainedOn === undefined) {
    warnings.push(
      "the run does not say which records it was trained on: whether it has seen these cannot be checked",
    );
    return { leakReport, reasons, warnings };
  }
  for (const part of new Set([split, "val" as const])) {
    const dataset = part === split ? scored : own;
    if (dataset === undefined) continue;
    const looking = { split: part, trainedOn, isOwn: dataset === own, signal };
    const found = await requireUnseen(dataset, { ...looking, allowLeak });
    if (found.seen === 0) continue;
    if (found.isSure) reasons.push(describeSeen(found, part));
    else {
      warnings.push(
        `${found.seen} records of the split ${part} name patients as the run's own dataset does, which are no leak if they are others`,
      );
    }
  }
  return { leakReport, reasons, warnings };
}
