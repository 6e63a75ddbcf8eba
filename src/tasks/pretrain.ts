/** @file Pre-training from a dataset folder to a run folder: everything that the one training loop needs, put together. */
import { join } from "node:path";
import type { DatasetIndex } from "../data/dataset-index.ts";
import { openDevice } from "../engine/runtime/device.ts";
import { type EcampConfig, gridOf } from "../model/config.ts";
import type { FeedOptions } from "../model/ecamp-feeds.ts";
import { keptPatches } from "../model/random-masking.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { Checkpoints } from "../train/checkpoint.ts";
import {
  type LoopOptions,
  type LoopResult,
  type MicroBatch,
  train,
  type UpdateReport,
} from "../train/loop.ts";
import { adamw } from "../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../train/optimizers/optimizer.ts";
import { decayByRank } from "../train/parameter-groups.ts";
import { ParameterStore } from "../train/parameter-store.ts";
import { RunLog } from "../train/run-log.ts";
import { rateAtEpoch } from "../train/schedule.ts";
import { StepProgram, type TracedObjective } from "../train/step-program.ts";
import { sizeOf } from "../util/nd-array.ts";
import { type BatchStreamOptions, epochOf, microBatches } from "./pretrain-batches.ts";
import { openInputs, type PretrainInputs } from "./pretrain-inputs.ts";
import { pretrainObjective } from "./pretrain-objective.ts";
import { startingState } from "./pretrain-state.ts";
import { createRunFolder, requireRunFolder, requireUnusedFolder } from "./run-folder.ts";

/** Super-patches of the super-resolution window's side (SPEC 3.3). */
const WINDOW = 12;
const KEPT_CHECKPOINTS = 3;
const MS_PER_MINUTE = 60_000;

/** Something that a person may want to see while it happens. */
export type PretrainEvent =
  | { readonly kind: "note"; readonly text: string }
  | {
      readonly kind: "started";
      readonly records: number;
      readonly parameters: number;
      readonly updatesPerEpoch: number;
      readonly doneSteps: number;
      readonly lastStep: number;
    }
  | { readonly kind: "update"; readonly report: UpdateReport }
  | { readonly kind: "checkpoint"; readonly path: string };

/** A run and how it is watched and stopped. */
export interface PretrainRun {
  /** The run's folder. */
  readonly out: string;
  readonly config: PretrainConfig;
  /** The text of `config.json`, written when the run is new. */
  readonly configText: string;
  /** Go on with the run in `out`. */
  readonly resume: boolean;
  /** Stop, with a checkpoint, after this update even if the run is longer. */
  readonly stopAfter?: number | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PretrainEvent) => void;
  readonly clock: () => number;
  readonly now: () => Date;
}

/** How a run ended. */
export interface PretrainResult extends LoopResult {
  /** The newest checkpoint's folder. */
  readonly checkpoint: string;
}

/**
 * Pre-trains until the run's last update, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export async function pretrain(run: PretrainRun): Promise<PretrainResult> {
  const { config, out, onEvent } = run;
  const device = openDevice({ provider: config.run.device, threads: config.run.threads });
  await (run.resume ? requireRunFolder(out) : requireUnusedFolder(out));
  await using inputs = await openInputs(config);
  const { traced, store, feed } = prepareModel(config, inputs.model);
  const checkpoints = new Checkpoints(out, { keep: KEPT_CHECKPOINTS });
  const note = (text: string): void => onEvent({ kind: "note", text });
  const state = await startingState(
    { ...run, note },
    { store, traced, checkpoints, inputs: inputs.hashes },
  );
  const { course } = inputs;
  const lastStep = course.updatesPerEpoch * config.train.epochs;
  const stopAt = Math.min(lastStep, run.stopAfter ?? lastStep);
  const doneSteps = state.step;
  onEvent({
    kind: "started",
    records: inputs.index.size,
    parameters: parameterCount(traced),
    updatesPerEpoch: course.updatesPerEpoch,
    doneSteps,
    lastStep: stopAt,
  });
  await using program = await StepProgram.compile(traced, store, {
    ...device,
    accumulate: config.train.accumulate,
  });
  await using optimizer = await OptimizerProgram.compile(adamw(config.train), store, device);
  // Only now: a run that cannot start leaves no folder that stands in the next one's way.
  if (!run.resume) await createRunFolder(out, { config: run.configText, privacy: inputs.privacy });
  await using log = await RunLog.open(join(out, "log.jsonl"), state.step);
  const batches = streamBatches(run, inputs, { doneSteps, feed, masks: traced.masks });
  const options = { ...loopOptions(run, inputs), state, lastStep: stopAt };
  try {
    const { step } = await train({ store, program, optimizer, batches, checkpoints, log }, options);
    return { step, finished: step >= lastStep, checkpoint: checkpoints.path(step) };
  } finally {
    await batches.return(undefined);
  }
}

/** The model traced for the run's batches, and the buffers of its parameters, not yet filled. */
function prepareModel(
  { train: options, model: { tokens } }: PretrainConfig,
  model: EcampConfig,
): {
  readonly traced: TracedObjective;
  readonly store: ParameterStore;
  readonly feed: FeedOptions;
} {
  const kept = keptPatches(gridOf(model) ** 2, options.maskRatio);
  const traced = pretrainObjective(model, { batch: options.batch, tokens, kept });
  const { slots } = adamw(options);
  const store = new ParameterStore({ ...traced, rules: decayByRank(options.weightDecay), slots });
  return { traced, store, feed: { config: model, kept, window: WINDOW } };
}

function streamBatches(
  { config, onEvent }: PretrainRun,
  { loader, course, index }: PretrainInputs,
  place: Pick<BatchStreamOptions, "doneSteps" | "feed" | "masks">,
): AsyncGenerator<MicroBatch> {
  return microBatches({
    ...place,
    loader,
    course,
    seed: config.train.seed,
    identify: (records) => identify(index, records),
    onSkipped: (skipped) => {
      for (const { id, reason } of skipped) {
        onEvent({ kind: "note", text: `skipped record "${id}": ${reason}` });
      }
    },
  });
}

function loopOptions(
  { config, onEvent, signal, clock, now }: PretrainRun,
  { course, model, tokenizer }: PretrainInputs,
): Omit<LoopOptions, "state" | "lastStep"> {
  return {
    accumulate: config.train.accumulate,
    epochOf: (step) => epochOf(step, course),
    rateOf: (epoch) => learningRate(config, epoch),
    clip: config.train.clip,
    checkpointEveryMs: config.train.checkpointMinutes * MS_PER_MINUTE,
    metadata: modelMetadata(model, tokenizer),
    signal,
    clock,
    now,
    onUpdate: (report) => onEvent({ kind: "update", report }),
    onCheckpoint: (path) => onEvent({ kind: "checkpoint", path }),
  };
}

function learningRate({ train: options, fidelity }: PretrainConfig, epoch: number): number {
  const wholeRun = fidelity["schedule.cosineEnd"] === "epochs";
  return rateAtEpoch(
    {
      rate: options.lr,
      minRate: options.minLr,
      warmupEpochs: options.warmupEpochs,
      cosineEndEpoch: wholeRun ? options.epochs : options.cosineEpochs,
    },
    epoch,
  );
}

/** What a model file says about itself, in the strings that its header can hold. */
function modelMetadata(model: EcampConfig, tokenizer: Tokenizer): Readonly<Record<string, string>> {
  return {
    format: "ecamp-pretrain-1",
    config: JSON.stringify(model),
    tokenizerSha256: tokenizer.sha256,
  };
}

function parameterCount({ trained, fixed }: TracedObjective): number {
  return [...trained, ...fixed].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

async function identify(index: DatasetIndex, records: Uint32Array): Promise<readonly string[]> {
  return Promise.all(Array.from(records, async (record) => (await index.read(record)).id));
}
