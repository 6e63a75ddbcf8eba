/** @file What a pre-training run would be: its size, its memory and its time, from two trial steps. Nothing is written. */
import { type Device, openDevice } from "../../engine/runtime/device.ts";
import type { PretrainConfig } from "../../recipes/pretrain-config.ts";
import { startingParameters } from "../../tasks/load-initial.ts";
import { methodOptions } from "../../tasks/method-options.ts";
import { modelConfig, openInputs, type PretrainInputs } from "../../tasks/pretrain-inputs.ts";
import { prepareModel, traceModel } from "../../tasks/pretrain-model.ts";
import { shapeName } from "../../tasks/pretrain-shapes.ts";
import { loadTokenizer } from "../../text/tokenizer.ts";
import { adamw } from "../../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import {
  type ModuleCount,
  parameterCounts,
  type StateBytes,
  stateBytes,
} from "./parameter-counts.ts";
import { runTrial, type TrialTimes } from "./trial-steps.ts";

/** The model's size. */
export interface ModelPlan {
  readonly modules: readonly ModuleCount[];
  readonly bytes: StateBytes;
}

/** The run's course. */
export interface CoursePlan {
  readonly records: number;
  readonly privacy: PretrainInputs["privacy"];
  /** Pairs of a micro-batch, micro-batches of a step. */
  readonly batch: number;
  readonly accumulate: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
}

/** What was measured, and what follows from it: without validations, checkpoints and pictures. */
export interface TimePlan extends TrialTimes {
  readonly stepMs: number;
  /** The part of a step in which it waits for its pairs. */
  readonly waitPart: number;
  readonly pairsPerSecond: number;
  readonly epochMs: number;
  readonly runMs: number;
  /** Resident memory of the process: at most so far, in bytes. */
  readonly peakBytes: number;
}

/** A run that has not begun. What needs an input that is not given is undefined. */
export interface PretrainPlan {
  readonly model: ModelPlan | undefined;
  readonly course: CoursePlan | undefined;
  readonly time: TimePlan | undefined;
  /** The flags that are missing for the rest, such as `--data`. */
  readonly missing: readonly string[];
}

/** How a plan is made. */
export interface PlanOptions {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Stops the trial: its reason is thrown. */
  readonly signal: AbortSignal;
  /** Told in a few words what is done now, or what is noteworthy. */
  readonly onProgress: (text: string) => void;
}

/**
 * Plans a run: with a dataset and a vocabulary it computes two trial steps of it.
 * @throws {ConfigError | ManifestError | WeightsError | DecodeError} what the run itself would refuse
 */
export async function planPretrain(
  config: PretrainConfig,
  options: PlanOptions,
): Promise<PretrainPlan> {
  const { data, tokenizer } = config.run;
  const device = openDevice({ provider: config.run.device, threads: config.run.threads });
  const missing = [
    ...(data === null ? ["--data"] : []),
    ...(tokenizer === null ? ["--tokenizer"] : []),
  ];
  if (missing.length === 0) return planWithTrial(config, device, options);
  const model = tokenizer === null ? undefined : await planModel(config, tokenizer);
  return { model, course: undefined, time: undefined, missing };
}

async function planModel(config: PretrainConfig, tokenizer: string): Promise<ModelPlan> {
  const method = methodOptions(config.fidelity);
  const model = modelConfig(config, await loadTokenizer(tokenizer), method);
  return modelPlan(parameterCounts(traceModel(config, { model, method }).traced));
}

function modelPlan(modules: readonly ModuleCount[]): ModelPlan {
  const total = (kind: "trained" | "fixed"): number =>
    modules.reduce((sum, counts) => sum + counts[kind], 0);
  return { modules, bytes: stateBytes({ trained: total("trained"), fixed: total("fixed") }) };
}

async function planWithTrial(
  config: PretrainConfig,
  device: Device,
  { clock, signal, onProgress }: PlanOptions,
): Promise<PretrainPlan> {
  await using inputs = await openInputs(config, { note: onProgress });
  await using prepared = prepareModel(config, inputs, { ...device, clock });
  const { store, shapes, full } = prepared;
  onProgress("drawing parameters, compiling");
  const { model, tokenizer } = inputs;
  await startingParameters(config, {
    ...prepared,
    ...{ model, tokenizerSha256: tokenizer.sha256 },
  });
  await using optimizer = await OptimizerProgram.compile(adamw(config.train), store, device);
  const trial = { config, inputs, prepared, optimizer, clock, signal, onProgress };
  const times = await runTrial(trial);
  const course = coursePlan(config, inputs);
  return {
    model: modelPlan(parameterCounts(shapes.traceOf(shapeName(full)))),
    course,
    time: timePlan(times, course, config.data.workers),
    missing: [],
  };
}

function coursePlan(
  { train: { batch, accumulate, epochs } }: PretrainConfig,
  { index, privacy, course }: PretrainInputs,
): CoursePlan {
  const { updatesPerEpoch: stepsPerEpoch } = course;
  const steps = stepsPerEpoch * epochs;
  return { records: index.size, privacy, batch, accumulate, epochs, stepsPerEpoch, steps };
}

/**
 * The time of a run whose every step costs what the trial's did. Pairs are prepared while a step is computed, so that it waits only for
 * what takes longer than itself; without workers there is nobody to do that.
 */
export function timePlan(
  times: TrialTimes,
  { batch, accumulate, stepsPerEpoch, steps }: CoursePlan,
  workers: number,
): TimePlan {
  const { firstMs, furtherMs, updateMs, prepareMs } = times;
  const busyMs = firstMs + (accumulate - 1) * furtherMs + updateMs;
  const preparingMs = accumulate * prepareMs;
  const waitMs = workers === 0 ? preparingMs : Math.max(0, preparingMs - busyMs);
  const stepMs = busyMs + waitMs;
  return {
    ...times,
    stepMs,
    waitPart: waitMs / stepMs,
    pairsPerSecond: (batch * accumulate * 1000) / stepMs,
    epochMs: stepMs * stepsPerEpoch,
    runMs: stepMs * steps,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}
