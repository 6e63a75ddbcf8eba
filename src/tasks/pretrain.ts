/** @file Pre-training from a dataset folder to a run folder: everything that the one training loop needs, put together. */
import { join } from "node:path";
import { fileMode } from "../data/dataset-files.ts";
import { type Device, openDevice } from "../engine/runtime/device.ts";
import type { EcampConfig } from "../model/config.ts";
import { moduleOf } from "../model/modules.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { Checkpoints, checkpointBytes, type TrainState } from "../train/checkpoint.ts";
import { type LoopOptions, train } from "../train/loop.ts";
import { adamw } from "../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../train/optimizers/optimizer.ts";
import type { ParameterStore } from "../train/parameter-store.ts";
import { RunLog } from "../train/run-log.ts";
import { rateAtEpoch } from "../train/schedule.ts";
import { Disposables } from "../util/disposables.ts";
import { describeLoad } from "../weights/load-report.ts";
import { recordBadStep } from "./bad-step-files.ts";
import { requireSpace } from "./disk-space.ts";
import { startingParameters } from "./load-initial.ts";
import { epochOf } from "./micro-batches.ts";
import { openInputs, type PretrainInputs } from "./pretrain-inputs.ts";
import { type PreparedModel, prepareModel } from "./pretrain-model.ts";
import type { PretrainResult, PretrainRun, RunWatcher } from "./pretrain-run.ts";
import { openValidation } from "./pretrain-validation.ts";
import { runBatches } from "./run-batches.ts";
import { createRunFolder, requireUnusedFolder, resumeRunFolder } from "./run-folder.ts";
import { startingState } from "./run-state.ts";
import { listSkipped, SkippedList } from "./skipped-list.ts";

const KEPT_CHECKPOINTS = 3;
const SKIPPED = "skipped.jsonl";
const MS_PER_MINUTE = 60_000;

export type {
  PretrainResult,
  PretrainRun,
  RunEvent,
  RunView,
  RunWatcher,
  WatchedRun,
} from "./pretrain-run.ts";

/**
 * Pre-trains until the run's last update, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export async function pretrain(run: PretrainRun): Promise<PretrainResult> {
  await using held = new Disposables();
  return await trainFrom(run, await prepareRun(run, held), held);
}

/** A run that can begin or go on. */
interface ReadyRun {
  readonly device: Device;
  readonly inputs: PretrainInputs;
  readonly prepared: PreparedModel;
  readonly checkpoints: Checkpoints;
  readonly state: TrainState;
  /** Of the whole run, and the one after which it shall stop. */
  readonly lastStep: number;
  readonly stopAt: number;
}

/** Opens and checks everything that a run needs. Of a new run nothing is written yet; one that goes on is locked. */
async function prepareRun(run: PretrainRun, held: Disposables): Promise<ReadyRun> {
  const { config, out, onEvent, now, clock } = run;
  const note = noteTo(run);
  const device = openDevice({ provider: config.run.device, threads: config.run.threads });
  if (run.resume) held.use(await resumeRunFolder(out, { note, now }));
  else await requireUnusedFolder(out);
  const inputs = held.use(await openInputs(config, { note }));
  const prepared = held.use(prepareModel(config, inputs, { ...device, clock }));
  const { store, parameters } = prepared;
  const checkpoints = new Checkpoints(out, { keep: KEPT_CHECKPOINTS });
  if (!run.resume) {
    const bytes = checkpointBytes(store);
    await requireSpace(out, { checkpointBytes: bytes, checkpoints: KEPT_CHECKPOINTS + 1, note });
  }
  const state = await startingState({
    ...{ out, resume: run.resume, allowChangedData: run.allowChangedData, config, note },
    ...{ seed: config.train.seed, threads: config.run.threads, device: config.run.device },
    ...{ inputs: inputs.hashes, store, checkpoints },
    begin: () => fillParameters(config, { store, parameters, inputs, note }),
  });
  const { updatesPerEpoch } = inputs.course;
  const lastStep = updatesPerEpoch * config.train.epochs;
  const stopAt = Math.min(lastStep, run.stopAfter ?? lastStep);
  onEvent({
    kind: "started",
    records: inputs.index.size,
    parameters: prepared.parameterCount,
    ...{ updatesPerEpoch, doneSteps: state.step, lastStep: stopAt },
  });
  return { device, inputs, prepared, checkpoints, state, lastStep, stopAt };
}

/** Drawn parameters, and in their place those of `--init`, whose file it gives. */
async function fillParameters(
  config: PretrainConfig,
  {
    inputs: { model: architecture, tokenizer },
    note,
    ...target
  }: Pick<PreparedModel, "store" | "parameters"> & {
    readonly inputs: PretrainInputs;
    readonly note: (text: string) => void;
  },
): Promise<string | undefined> {
  const tokenizerSha256 = tokenizer.sha256;
  const initial = await startingParameters(config, { ...target, architecture, tokenizerSha256 });
  if (initial === undefined) return undefined;
  const { file, report, leavesWordsOut } = initial;
  note(`"${file}": ${describeLoad(report)}`);
  if (leavesWordsOut) {
    note(`"${file}": its vocabulary is another one, so its tables of words were left out`);
  }
  return file;
}

async function trainFrom(
  run: PretrainRun,
  { device, inputs, prepared, checkpoints, state, lastStep, stopAt }: ReadyRun,
  held: Disposables,
): Promise<PretrainResult> {
  const { config, out, configText, now } = run;
  const { store, steps: program } = prepared;
  const { privacy } = inputs;
  const note = noteTo(run);
  const optimizer = held.use(await OptimizerProgram.compile(adamw(config.train), store, device));
  // Only now: a run that cannot start leaves no folder that stands in the next one's way.
  if (!run.resume) {
    held.use(await createRunFolder(out, { config: configText, privacy, note, now }));
  }
  const skipped = await SkippedList.open(join(out, SKIPPED), { mode: fileMode(privacy) });
  const onSkipped = listSkipped(skipped, { onFullDisk: config.train.onFullDisk, onNote: note });
  const validation = openValidation(config, inputs, { prepared, device, onSkipped });
  if (validation !== undefined) held.use(validation);
  const watcher = await run.watch?.({ out, doneSteps: state.step, privacy, note });
  if (watcher !== undefined) held.use(watcher);
  const log = held.use(await RunLog.open(join(out, "log.jsonl"), state.step, state));
  const batchesAfter = (doneSteps: number) =>
    runBatches({ config, inputs, prepared }, { doneSteps, onSkipped });
  const { step, exhausted } = await train(
    { store, program, optimizer, batchesAfter, checkpoints, log },
    {
      ...loopOptions(run, inputs),
      ...watchOptions(run, { store, model: inputs.model, watcher }),
      ...{ validation, state, lastStep: stopAt },
      examine: (bad) => recordBadStep(bad, { out, config, prepared, device, privacy }),
    },
  );
  const checkpoint = checkpoints.path(step);
  return { step, finished: step >= lastStep, exhausted, checkpoint, skipped: skipped.size };
}

const noteTo =
  ({ onEvent }: PretrainRun) =>
  (text: string): void =>
    onEvent({ kind: "note", text });

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
