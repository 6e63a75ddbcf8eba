/** @file What a trained classifier says of a split of a dataset. */
import { type ClassificationFields, classificationJob } from "../../data/classification-job.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Uncertain } from "../../data/labels.ts";
import { createLoader } from "../../data/loader.ts";
import type { Split } from "../../data/record.ts";
import type { Device } from "../../engine/runtime/device.ts";
import type { Predictions } from "../../metrics/predictions.ts";
import { ManifestError } from "../../util/errors.ts";
import type { OnSkipped } from "../micro-batches.ts";
import { ClassifierForward } from "./classifier-forward.ts";
import { readLabelled } from "./labelled-records.ts";
import type { OpenClassifier } from "./open-classifier.ts";
import { computeSplit, predictionsOf } from "./score-records.ts";

/** What is predicted, and how. */
export interface PredictSplitOptions {
  readonly split: Split;
  readonly uncertain: Uncertain;
  readonly device: Device;
  /** Pictures at once. */
  readonly batch: number;
  /** Threads that decode. */
  readonly workers: number;
  readonly onBadRecord: "error" | "skip";
  readonly onSkipped: OnSkipped;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Predictions of every record of a split; undefined where it has none.
 * @throws {ManifestError} when the dataset's classes are not the classifier's
 * @throws {DecodeError} naming the record whose picture cannot be read, unless it may be skipped
 */
export async function predictSplit(
  classifier: OpenClassifier,
  dataset: Dataset,
  options: PredictSplitOptions,
): Promise<Predictions | undefined> {
  const { split, uncertain, device, batch, onBadRecord, workers, signal, onProgress } = options;
  const { config, classes, task, normalization, shorterSide, sixteenBit, file } = classifier;
  requireSameClasses(classifier, dataset);
  await using index = await dataset.index(
    { splits: [split], hasImage: true, mayBeEmpty: true },
    signal,
  );
  if (index.size === 0) return undefined;
  const labels = { classes, task, uncertain, namedBy: `the classifier "${file}"` };
  const records = await readLabelled(index, labels, signal);
  const { bitDepth } = dataset.manifest;
  await using loader = createLoader<ClassificationFields>({
    ...{ size: index.size, batchSize: Math.min(batch, index.size), seed: 0, workers, onBadRecord },
    ...{ order: "sequential", lastBatch: "keep" },
    identify: async (record) => (await index.read(record)).id,
    job: classificationJob({
      ...{ index: index.handle, imageRoot: dataset.imageRoot, seed: 0, labels },
      view: { kind: "evaluation", size: config.imageSize, shorterSide },
      decode: { sixteenBit, ...(bitDepth !== undefined && { bitDepth }) },
    }),
  });
  await using forward = new ClassifierForward({ config, normalization, device });
  const computed = await computeSplit(
    { loader, records },
    {
      ...{ forward, parameters: classifier.parameters, onSkipped: options.onSkipped, signal },
      onProgress: (done) => onProgress?.(done, index.size),
    },
  );
  return predictionsOf(computed, { records, classes, task });
}

function requireSameClasses(
  { file, classes }: OpenClassifier,
  { folder, manifest }: Dataset,
): void {
  const missing = classes.filter((name) => !manifest.classes.includes(name));
  if (missing.length === 0) return;
  throw new ManifestError(
    `Cannot score "${folder}" by "${file}": ${missing.length} of the classifier's ${classes.length} classes (${missing.slice(0, 5).join(", ")}) are not among those of the dataset (${manifest.classes.slice(0, 5).join(", ")})`,
  );
}
