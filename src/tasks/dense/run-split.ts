/** @file What a trained dense model says of a split of a dataset, batch by batch. */
import type { Dataset } from "../../data/dataset.ts";
import type { DatasetIndex } from "../../data/dataset-index.ts";
import { type Batch, createLoader } from "../../data/loader.ts";
import type { Split } from "../../data/record.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { ManifestError } from "../../util/errors.ts";
import type { PictureDescription } from "../finetune/model-description.ts";
import type { OpenModel } from "../finetune/open-model.ts";
import { ownRows } from "../finetune/validation-course.ts";
import type { OnSkipped } from "../micro-batches.ts";
import { DenseForward } from "./dense-forward.ts";
import type { DenseConfig, DenseFields, DenseHead, DenseTask, Outputs } from "./dense-task.ts";

/** A trained model, and what it marks. */
export interface TrainedDense<F extends DenseFields> {
  readonly model: OpenModel<PictureDescription>;
  readonly head: DenseHead<F>;
  /** Side of its image, in pixels. */
  readonly imageSize: number;
  readonly classes: readonly string[];
}

/** What is run, and how. */
export interface RunSplitOptions<Config extends DenseConfig, F extends DenseFields> {
  readonly task: DenseTask<Config, F>;
  readonly config: Config;
  readonly split: Split;
  readonly device: Device;
  /** Only these records; all by default. */
  readonly among?: ReadonlySet<string>;
  readonly onSkipped: OnSkipped;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A batch, what the model says of it, and which of its rows count. */
export interface RunBatch<F extends DenseFields> {
  readonly batch: Batch<F>;
  readonly outputs: Outputs;
  readonly rows: readonly number[];
  /** The records, by their positions. */
  readonly index: DatasetIndex;
}

/**
 * Runs a split.
 * @throws {ManifestError} when the dataset marks none of the model's classes in it
 * @throws {DecodeError} naming the record that cannot be read, unless it may be skipped
 */
export async function* runSplit<Config extends DenseConfig, F extends DenseFields>(
  { model, head, imageSize, classes }: TrainedDense<F>,
  dataset: Dataset,
  options: RunSplitOptions<Config, F>,
): AsyncGenerator<RunBatch<F>> {
  const { task, config, device, onSkipped, signal, onProgress } = options;
  await using index = await openIndex(dataset, classes, options);
  const { normalization, sixteenBit } = model;
  const { bitDepth } = dataset.manifest;
  await using loader = createLoader<F>({
    ...{ size: index.size, batchSize: Math.min(config.train.batch, index.size), seed: 0 },
    ...{ workers: config.data.workers, onBadRecord: config.data.onBadRecord },
    ...{ order: "sequential", lastBatch: "keep" },
    identify: async (record) => (await index.read(record)).id,
    job: task.job({
      ...{ config, dataset, index, classes, size: imageSize, view: "evaluation" },
      decode: { sixteenBit, ...(bitDepth !== undefined && { bitDepth }) },
    }),
  });
  await using forward = new DenseForward<F>({
    ...{ head, imageSize, normalization, device, withLosses: false },
  });
  const range = { from: 0, until: loader.batchesPerEpoch, ...(signal !== undefined && { signal }) };
  let next = 0;
  for await (const batch of loader.batches(range)) {
    if (batch.skipped.length > 0) await onSkipped(batch.skipped, 0);
    const { outputs } = await forward.run(batch.arrays.image, model.parameters);
    yield { batch, outputs, index, rows: ownRows(batch, next) };
    next += batch.records.length;
    onProgress?.(next, index.size);
  }
}

async function openIndex<Config extends DenseConfig, F extends DenseFields>(
  dataset: Dataset,
  classes: readonly string[],
  { task, config, split, among, signal }: RunSplitOptions<Config, F>,
): Promise<DatasetIndex> {
  const what = `${task.marks} that are known of ${classes.join(", ")}`;
  const index = await dataset.index(
    {
      ...{ splits: [split], hasImage: true, mayBeEmpty: true },
      where: {
        holds: (record) => (among?.has(record.id) ?? true) && task.isKnown(record, classes, config),
        what,
      },
    },
    signal,
  );
  if (index.size > 0) return index;
  await index[Symbol.asyncDispose]();
  throw new ManifestError(
    `Cannot evaluate on "${dataset.folder}": it has no records of the split ${split} with an image and ${what}; make splits with "ecamp data split", or name another one with --split`,
  );
}
