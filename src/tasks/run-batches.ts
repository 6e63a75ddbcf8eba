/** @file The micro-batches of a run from its inputs and its model: for training, for a trial, for a benchmark. */
import type { DatasetIndex } from "../data/dataset-index.ts";
import type { PretrainingFields } from "../data/pretraining-job.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { MicroBatch } from "../train/loop.ts";
import { type BatchStreamOptions, microBatches } from "./micro-batches.ts";
import { hostFeeds } from "./pretrain-batches.ts";
import type { PretrainInputs } from "./pretrain-inputs.ts";
import type { PreparedModel } from "./pretrain-model.ts";

/** A run that can be fed. */
export interface FedRun {
  readonly config: PretrainConfig;
  readonly inputs: PretrainInputs;
  readonly prepared: PreparedModel;
}

/** The micro-batches after `doneSteps` updates, for ever; see `microBatches`. */
export function runBatches(
  { config, inputs: { loader, course, index, method }, prepared: { feed, full, shapes } }: FedRun,
  place: Pick<BatchStreamOptions<PretrainingFields>, "doneSteps" | "onSkipped">,
): AsyncGenerator<MicroBatch> {
  const { seed } = config.train;
  const host = { feed, full, seed, words: method.words };
  return microBatches({
    ...{ ...place, loader, course, seed },
    feedsOf: (batch) => hostFeeds(batch, host),
    masksOf: (variant) => shapes.masksOf(variant),
    identify: (records) => identify(index, records),
  });
}

async function identify(index: DatasetIndex, records: Uint32Array): Promise<readonly string[]> {
  return Promise.all(Array.from(records, async (record) => (await index.read(record)).id));
}
