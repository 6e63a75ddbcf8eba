/** @file Fine-tuning of any downstream task, from a dataset folder to a run folder, through the one training loop (SPEC 4). */
import { join } from "node:path";
import { fileMode } from "../../data/dataset-files.ts";
import { type Device, openDevice } from "../../engine/runtime/device.ts";
import type { DownstreamConfig } from "../../recipes/downstream-config.ts";
import { Checkpoints, checkpointBytes, type TrainState } from "../../train/checkpoint.ts";
import { initializeStore } from "../../train/initialize-store.ts";
import { train } from "../../train/loop.ts";
import { OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import type { NamedViews } from "../../train/parameter-store.ts";
import { RunLog } from "../../train/run-log.ts";
import { factorAtStep } from "../../train/schedule.ts";
import { Disposables } from "../../util/disposables.ts";
import { ConfigError } from "../../util/errors.ts";
import { requireSpace } from "../disk-space.ts";
import { findModelFile } from "../initial-file.ts";
import { type Course, epochOf, type OnSkipped } from "../micro-batches.ts";
import { createRunFolder, requireUnusedFolder, resumeRunFolder } from "../run-folder.ts";
import { startingState, stopOf } from "../run-state.ts";
import { listSkipped, SkippedList } from "../skipped-list.ts";
import type { OpenTask, TaskOpener } from "./downstream-task.ts";
import type { FinetuneResult, FinetuneRun } from "./finetune-run.ts";
import { requireSameModel } from "./same-model.ts";
import { noteTrainedOn } from "./trained-on.ts";

export type { FinetuneResult, FinetuneRun } from "./finetune-run.ts";

/** One may be damaged. */
const KEPT_CHECKPOINTS = 2;
const MS_PER_MINUTE = 60_000;

/**
 * Trains a task's model until the run's last update, until validation no longer gains, `stopAfter` or the signal.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} when an input is wrong; nothing is lost then
 */
export async function finetune<Config extends DownstreamConfig>(
  run: FinetuneRun<Config>,
  open: TaskOpener<Config>,
): Promise<FinetuneResult> {
  await using held = new Disposables();
  return await trainFrom(run, await prepareRun(run, open, held), held);
}

/** A run that can begin or go on. */
interface ReadyRun {
  readonly device: Device;
  readonly task: OpenTask;
  readonly checkpoints: Checkpoints;
  readonly state: TrainState;
}

/** Opens and checks everything that a run needs. Of a new run nothing is written yet; one that goes on is locked. */
async function prepareRun<Config extends DownstreamConfig>(
  run: FinetuneRun<Config>,
  open: TaskOpener<Config>,
  held: Disposables,
): Promise<ReadyRun> {
  const { config, out, now, clock, signal } = run;
  const note = noteTo(run);
  requireSchedule(run);
  const device = openDevice({ provider: config.run.device, threads: config.run.threads });
  if (run.resume) held.use(await resumeRunFolder(out, { note, now }));
  else await requireUnusedFolder(out);
  const checkpoints = new Checkpoints(out, { keep: KEPT_CHECKPOINTS });
  // A run that goes on has its encoder in its own checkpoint; the file that it began with may be gone.
  const newest = run.resume ? (await checkpoints.steps()).at(-1) : undefined;
  const goesOnFrom = newest === undefined ? undefined : checkpoints.path(newest);
  const encoder = goesOnFrom ?? config.run.weights;
  const task = held.use(await open(config, { encoder, goesOnFrom, device, clock, note, signal }));
  if (goesOnFrom !== undefined) {
    await requireSameModel(out, await findModelFile(goesOnFrom), task.metadata);
  }
  const { store, parameters } = task.prepared;
  if (!run.resume) {
    const bytes = checkpointBytes(store);
    await requireSpace(out, { checkpointBytes: bytes, checkpoints: KEPT_CHECKPOINTS + 1, note });
  }
  const state = await startingState({
    ...{ out, resume: run.resume, allowChangedData: run.allowChangedData, config, note },
    ...{ seed: config.train.seed, threads: config.run.threads, device: config.run.device },
    ...{ inputs: task.hashes, store, checkpoints },
    begin: async () => {
      initializeStore(store, parameters, config.train.seed);
      const found = await task.source.fill(viewsBelow(store.values, task.encoderPrefix), task.norm);
      if (found !== undefined) note(found);
      return task.source.file;
    },
  });
  return { device, task, checkpoints, state };
}

/** What stands below a prefix, by names without it. */
function viewsBelow(values: NamedViews, prefix: string): NamedViews {
  const below = [...values].filter(([name]) => name.startsWith(prefix));
  return new Map(below.map(([name, view]) => [name.slice(prefix.length), view]));
}

/** Keeps what is skipped before the run's folder stands, and hands it on when it does. */
class EarlySkips {
  readonly #early: Parameters<OnSkipped>[] = [];
  #list: OnSkipped | undefined;

  readonly handler: OnSkipped = (...skipped) => {
    if (this.#list !== undefined) return this.#list(...skipped);
    this.#early.push(skipped);
  };

  async handTo(list: OnSkipped): Promise<void> {
    this.#list = list;
    for (const skipped of this.#early.splice(0)) await list(...skipped);
  }
}

function requireSchedule({ config: { train } }: FinetuneRun): void {
  if (train.warmupSteps < train.steps) return;
  throw new ConfigError(
    `Cannot train with train.warmupSteps = ${train.warmupSteps} and train.steps = ${train.steps}: ` +
      "the learning rate would never leave its warm-up; set train.warmupSteps lower",
  );
}

async function trainFrom(
  run: FinetuneRun,
  { device, task, checkpoints, state }: ReadyRun,
  held: Disposables,
): Promise<FinetuneResult> {
  const { out, configText, now } = run;
  const { config, privacy } = task;
  const { store, steps: program, optimizer: rule } = task.prepared;
  const note = noteTo(run);
  const optimizer = held.use(await OptimizerProgram.compile(rule, store, device));
  const lastStep = stopOf(run, { done: state.step, last: config.train.steps });
  const skips = new EarlySkips();
  const { batchesAfter, validation, course, mended } = await task.feed({
    ...run,
    onSkipped: skips.handler,
  });
  // Only now: a run that cannot start leaves no folder that stands in the next one's way.
  if (!run.resume) held.use(await createRunFolder(out, { config: configText, privacy, note, now }));
  await noteTrainedOn(out, task);
  const skipped = await SkippedList.open(join(out, "skipped.jsonl"), { mode: fileMode(privacy) });
  await skips.handTo(listSkipped(skipped, { onFullDisk: config.train.onFullDisk, onNote: note }));
  const log = held.use(await RunLog.open(join(out, "log.jsonl"), state.step, state));
  run.onEvent({
    kind: "started",
    records: task.train.records.ids.length,
    parameters: task.prepared.trainedCount,
    updatesPerEpoch: course.updatesPerEpoch,
    ...{ doneSteps: state.step, lastStep },
  });
  const result = await train(
    { store, program, optimizer, batchesAfter, checkpoints, log },
    { ...loopOptions(run, task, course), validation, state, lastStep },
  );
  const finished = result.exhausted || result.step >= config.train.steps;
  return {
    ...result,
    finished,
    ...(await outcomeOf(out, checkpoints, result.step)),
    ...{ skipped: skipped.size, mended: mended?.() ?? {} },
  };
}

function loopOptions(
  run: FinetuneRun,
  { config, metadata, partOf }: Pick<OpenTask, "config" | "metadata" | "partOf">,
  course: Course,
) {
  const { signal, clock, now, onEvent } = run;
  const { accumulate, lr, steps, warmupSteps, decay, clip, checkpointMinutes, onFullDisk } =
    config.train;
  const schedule = { decay, warmupSteps, totalSteps: steps };
  return {
    ...{ accumulate, clip, onFullDisk, signal, clock, now, metadata, partOf },
    epochOf: (step: number) => epochOf(step, course),
    rateOf: (_: number, step: number) => lr * factorAtStep(schedule, step),
    checkpointEveryMs: checkpointMinutes * MS_PER_MINUTE,
    onUpdate: (report) => onEvent({ kind: "update", report }),
    onValidation: (report) => onEvent({ kind: "validation", report }),
    onCheckpoint: (path) => onEvent({ kind: "checkpoint", path }),
    onNote: noteTo(run),
  } satisfies Partial<Parameters<typeof train>[1]>;
}

/** The model to use, and how good it was on the validation split. */
async function outcomeOf(
  out: string,
  checkpoints: Checkpoints,
  step: number,
): Promise<Pick<FinetuneResult, "model" | "best">> {
  const { best } = await checkpoints.state(step);
  if (best === undefined) {
    return { model: join(checkpoints.path(step), "model.safetensors"), best: undefined };
  }
  const value = best.loss < 0 ? -best.loss : best.loss; // what shall be high is compared by its negative
  const { step: after, by } = best;
  return {
    model: join(out, "best", "model.safetensors"),
    best: { step: after, value, ...(by !== undefined && { by }) },
  };
}

const noteTo =
  ({ onEvent }: FinetuneRun) =>
  (text: string): void =>
    onEvent({ kind: "note", text });
