/** @file The losses on the records of the split `val`, each time with the same crops, masks and noises and without dropout. */
import type { Loader } from "../data/loader.ts";
import type { PretrainingFields } from "../data/pretraining-job.ts";
import type { CompileOptions } from "../engine/runtime/program.ts";
import type { LossWeights } from "../model/ecamp-losses.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { Evaluation, type EvaluationBatch } from "../train/evaluation.ts";
import type { Validation } from "../train/loop.ts";
import type { Losses } from "../train/step-program.ts";
import type { OnSkipped } from "./micro-batches.ts";
import { type HostOptions, hostFeeds } from "./pretrain-batches.ts";
import type { PretrainInputs } from "./pretrain-inputs.ts";
import type { PreparedModel } from "./pretrain-model.ts";

/** A validation of the run's model; undefined where the dataset has no records for it, or none is wanted. */
export function openValidation(
  { train, loss }: PretrainConfig,
  { validation: loader, course, method }: PretrainInputs,
  {
    prepared,
    device,
    onSkipped,
  }: {
    readonly prepared: PreparedModel;
    readonly device: CompileOptions;
    readonly onSkipped: OnSkipped;
  },
): (Validation & AsyncDisposable) | undefined {
  if (loader === undefined) return undefined;
  const { store, shapes, feed, full } = prepared;
  const evaluation = new Evaluation(store, {
    ...device,
    objectiveOf: (variant) => shapes.evaluationOf(variant),
  });
  const every = train.validateEpochs * course.updatesPerEpoch;
  const lastStep = train.epochs * course.updatesPerEpoch;
  const { words } = method;
  const batches = { loader, feed, full, seed: train.seed, words, onSkipped } as const;
  return {
    isDue: (step) => step % every === 0 || step === lastStep,
    run: (signal) => evaluation.run(evaluationBatches(batches), signal),
    criterion: (losses) => weightedSum(losses, loss),
    [Symbol.asyncDispose]: () => evaluation[Symbol.asyncDispose](),
  };
}

/** One pass over the records, always as epoch 0 has them. */
async function* evaluationBatches(
  options: HostOptions & {
    readonly loader: Loader<PretrainingFields>;
    readonly onSkipped: OnSkipped;
  },
): AsyncGenerator<EvaluationBatch> {
  const { loader, onSkipped } = options;
  for await (const batch of loader.batches({ from: 0, until: loader.batchesPerEpoch })) {
    if (batch.skipped.length > 0) await onSkipped(batch.skipped, batch.epoch);
    const { feeds, variant } = hostFeeds(batch, { ...options, noise: "validation-patches" });
    yield { feeds, variant, samples: batch.records.length };
  }
}

function weightedSum(losses: Losses, weights: LossWeights): number {
  return (["mim", "res", "mlm"] as const).reduce(
    (sum, name) => sum + weights[name] * (losses[name] ?? Number.NaN),
    0,
  );
}
