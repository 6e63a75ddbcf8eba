/** @file Pre-training from a dataset folder to a run folder: everything that the one training loop needs, put together. */
import { join } from "node:path";
import type { DatasetIndex } from "../data/dataset-index.ts";
import { openDevice } from "../engine/runtime/device.ts";
import type { NamedArrays } from "../engine/runtime/program.ts";
import type { EcampConfig } from "../model/config.ts";
import { moduleOf } from "../model/modules.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { BadStep } from "../train/bad-step.ts";
import { Checkpoints, checkpointBytes } from "../train/checkpoint.ts";
import {
  type LoopOptions,
  type LoopResult,
  type MicroBatch,
  train,
  type UpdateReport,
  type ValidationReport,
} from "../train/loop.ts";
import { adamw } from "../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../train/optimizers/optimizer.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { RunLog } from "../train/run-log.ts";
import { rateAtEpoch } from "../train/schedule.ts";
import type { NdArray } from "../util/nd-array.ts";
import { recordBadStep } from "./bad-step-files.ts";
import { requireSpace } from "./disk-space.ts";
import { epochOf, microBatches } from "./pretrain-batches.ts";
import { openInputs, type PretrainInputs } from "./pretrain-inputs.ts";
import { type PreparedModel, prepareModel } from "./pretrain-model.ts";
import { startingState } from "./pretrain-state.ts";
import { openValidation } from "./pretrain-validation.ts";
import { createRunFolder, requireUnusedFolder, resumeRunFolder } from "./run-folder.ts";

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
  | { readonly kind: "validation"; readonly report: ValidationReport }
  | { readonly kind: "checkpoint"; readonly path: string };

/** What a watcher may look at between two updates. Nothing of it may be changed. */
export interface RunView {
  readonly config: EcampConfig;
  /** Every parameter by checkpoint name. */
  readonly parameters: NamedArrays;
  /** u8 [B, S, S]: the films of the last micro-batch. */
  readonly image: NdArray;
}

/** Sees every update of a run; the run waits for it. */
export interface RunWatcher extends AsyncDisposable {
  onUpdate(report: UpdateReport, view: RunView): Promise<void> | void;
  onValidation(step: number, losses: Readonly<Record<string, number>>): Promise<void> | void;
}

/** What a watcher is told when a run begins. */
export interface WatchedRun {
  readonly out: string;
  readonly doneSteps: number;
  readonly privacy: PretrainInputs["privacy"];
  readonly note: (text: string) => void;
}

/** A run and how it is watched and stopped. */
export interface PretrainRun {
  /** The run's folder. */
  readonly out: string;
  readonly config: PretrainConfig;
  /** The text of `config.json`, written when the run is new. */
  readonly configText: string;
  /** Go on with the run in `out`. */
  readonly resume: boolean;
  /** May the dataset of a run that goes on be another one than it began with? */
  readonly allowChangedData?: boolean | undefined;
  /** Stop, with a checkpoint, after this update even if the run is longer. */
  readonly stopAfter?: number | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PretrainEvent) => void;
  /** Opens a watcher when the run's folder stands. */
  readonly watch?: ((run: WatchedRun) => Promise<RunWatcher>) | undefined;
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
  const note = (text: string): void => onEvent({ kind: "note", text });
  if (!run.resume) await requireUnusedFolder(out);
  await using _resumed = run.resume
    ? await resumeRunFolder(out, { note, now: run.now })
    : undefined;
  await using inputs = await openInputs(config, { note });
  await using prepared = prepareModel(config, inputs, { ...device, clock: run.clock });
  const checkpoints = new Checkpoints(out, { keep: KEPT_CHECKPOINTS });
  const { store } = prepared;
  if (!run.resume) {
    const bytes = checkpointBytes(store);
    await requireSpace(out, { checkpointBytes: bytes, checkpoints: KEPT_CHECKPOINTS + 1, note });
  }
  const state = await startingState(
    { ...run, note },
    {
      ...{ store, checkpoints, parameters: prepared.parameters, inputs: inputs.hashes },
      ...{ architecture: inputs.model, tokenizerSha256: inputs.tokenizer.sha256 },
    },
  );
  const lastStep = inputs.course.updatesPerEpoch * config.train.epochs;
  const stopAt = Math.min(lastStep, run.stopAfter ?? lastStep);
  onEvent({
    kind: "started",
    records: inputs.index.size,
    parameters: prepared.parameterCount,
    updatesPerEpoch: inputs.course.updatesPerEpoch,
    doneSteps: state.step,
    lastStep: stopAt,
  });
  await using optimizer = await OptimizerProgram.compile(adamw(config.train), store, device);
  await using validation = openValidation(config, inputs, { prepared, device });
  // Only now: a run that cannot start leaves no folder that stands in the next one's way.
  const { privacy } = inputs;
  await using _created = run.resume
    ? undefined
    : await createRunFolder(out, { config: run.configText, privacy, note, now: run.now });
  await using watcher = await run.watch?.({ out, doneSteps: state.step, privacy, note });
  await using log = await RunLog.open(join(out, "log.jsonl"), state.step);
  const batchesAfter = (doneSteps: number) => streamBatches(run, inputs, { doneSteps, prepared });
  const training = { store, program: prepared.steps, optimizer, batchesAfter, checkpoints, log };
  const watching = { ...watchOptions(run, { store, model: inputs.model, watcher }), validation };
  const examine = (bad: BadStep) => recordBadStep(bad, { out, config, prepared, device, privacy });
  const options = { ...loopOptions(run, inputs), ...watching, examine, state, lastStep: stopAt };
  const { step } = await train(training, options);
  return { step, finished: step >= lastStep, checkpoint: checkpoints.path(step) };
}

function streamBatches(
  { config, onEvent }: PretrainRun,
  { loader, course, index, method }: PretrainInputs,
  { doneSteps, prepared }: { readonly doneSteps: number; readonly prepared: PreparedModel },
): AsyncGenerator<MicroBatch> {
  const { feed, full, shapes } = prepared;
  return microBatches({
    ...{ doneSteps, feed, full, loader, course },
    words: method.words,
    masksOf: (variant) => shapes.masksOf(variant),
    seed: config.train.seed,
    identify: (records) => identify(index, records),
    onSkipped: (skipped) => {
      for (const { id, reason } of skipped) {
        onEvent({ kind: "note", text: `skipped record "${id}": ${reason}` });
      }
    },
  });
}

type Watching = Pick<LoopOptions, "onUpdate" | "onValidation" | "onCheckpoint" | "onNote">;

function watchOptions(
  { onEvent }: PretrainRun,
  {
    store,
    model: config,
    watcher,
  }: {
    readonly store: ParameterStore;
    readonly model: EcampConfig;
    readonly watcher: RunWatcher | undefined;
  },
): Watching {
  return {
    onUpdate: async (report, feeds) => {
      onEvent({ kind: "update", report });
      const image = feeds.get("image");
      if (image === undefined) throw new RangeError('internal: a batch has no "image"');
      await watcher?.onUpdate(report, { config, parameters: store.values, image });
    },
    onValidation: async (report) => {
      onEvent({ kind: "validation", report });
      await watcher?.onValidation(report.step, report.losses);
    },
    onCheckpoint: (path) => onEvent({ kind: "checkpoint", path }),
    onNote: (text) => onEvent({ kind: "note", text }),
  };
}

function loopOptions(
  { config, signal, clock, now }: PretrainRun,
  { course, model, tokenizer, method }: PretrainInputs,
): Omit<LoopOptions, "state" | "lastStep" | keyof Watching> {
  return {
    accumulate: config.train.accumulate,
    epochOf: (step) => epochOf(step, course),
    rateOf: (epoch) => learningRate(config.train, method.cosineEnd, epoch),
    clip: config.train.clip,
    checkpointEveryMs: config.train.checkpointMinutes * MS_PER_MINUTE,
    onFullDisk: config.train.onFullDisk,
    metadata: modelMetadata(model, tokenizer, config.loss),
    partOf: moduleOf,
    signal,
    clock,
    now,
  };
}

function learningRate(
  options: PretrainConfig["train"],
  cosineEnd: "epochs" | "cosineEpochs",
  epoch: number,
): number {
  return rateAtEpoch(
    {
      rate: options.lr,
      minRate: options.minLr,
      warmupEpochs: options.warmupEpochs,
      cosineEndEpoch: options[cosineEnd],
    },
    epoch,
  );
}

/** What a model file says about itself, in the strings that its header can hold. */
function modelMetadata(
  model: EcampConfig,
  tokenizer: Tokenizer,
  { normalizedPatches }: PretrainConfig["loss"],
): Readonly<Record<string, string>> {
  return {
    format: "ecamp-pretrain-1",
    config: JSON.stringify(model),
    normalizedPatches: `${normalizedPatches}`,
    tokenizerSha256: tokenizer.sha256,
  };
}

async function identify(index: DatasetIndex, records: Uint32Array): Promise<readonly string[]> {
  return Promise.all(Array.from(records, async (record) => (await index.read(record)).id));
}
