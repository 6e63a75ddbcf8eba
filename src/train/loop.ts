/** @file The one training loop. Everything that it needs is given; what it does is: batches → gradients → update → log → checkpoint. */
import type { NamedArrays } from "../engine/runtime/program.ts";
import { ExecutionError } from "../util/errors.ts";
import type { Checkpoints, TrainState } from "./checkpoint.ts";
import { clippingFactor, gradientNorms } from "./gradient-norm.ts";
import type { OptimizerProgram } from "./optimizers/optimizer.ts";
import type { ParameterStore } from "./parameter-store.ts";
import type { LogLine, RunLog } from "./run-log.ts";
import type { Losses } from "./step-program.ts";
import type { StepRunner } from "./step-variants.ts";

/** One micro-batch, ready to be fed. */
export interface MicroBatch {
  readonly feeds: NamedArrays;
  /** The name of its shape, by which the step's program is chosen. */
  readonly variant: string;
  /** Samples in it. */
  readonly samples: number;
  /** Looks up the ids of its records, for messages. */
  readonly ids: () => Promise<readonly string[]>;
}

/** What is trained, and with what. */
export interface Training {
  readonly store: ParameterStore;
  readonly program: StepRunner;
  readonly optimizer: OptimizerProgram;
  /** Micro-batches in order, beginning with the first of update `state.step + 1`. */
  readonly batches: AsyncIterator<MicroBatch>;
  readonly checkpoints: Checkpoints;
  readonly log: RunLog;
}

/** How it is trained. */
export interface LoopOptions {
  /** The state from which it starts: `step` updates are done. */
  readonly state: TrainState;
  /** The update after which it is finished. */
  readonly lastStep: number;
  /** Micro-batches in an update. */
  readonly accumulate: number;
  /** The fractional epoch at which an update begins. */
  readonly epochOf: (step: number) => number;
  /** The learning rate at a fractional epoch. */
  readonly rateOf: (epoch: number) => number;
  /** The largest gradient norm; null for no limit. */
  readonly clip: number | null;
  readonly checkpointEveryMs: number;
  /** What the model is; goes into the header of every model file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Stops after the update that runs, with a checkpoint. */
  readonly signal: AbortSignal;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** The calendar time, for the log. */
  readonly now: () => Date;
  /** The part of the model that a parameter belongs to: gradient norms are told by part. */
  readonly partOf: (parameter: string) => string;
  /** Losses on records that are not learnt from. */
  readonly validation?: Validation | undefined;
  /** Sees an update and the feeds of its last micro-batch; the next one waits for it. */
  readonly onUpdate: (report: UpdateReport, feeds: NamedArrays) => Promise<void> | void;
  readonly onValidation: (validated: ValidationReport) => Promise<void> | void;
  readonly onCheckpoint: (path: string) => void;
}

/** When and how a model is validated. */
export interface Validation {
  readonly isDue: (step: number) => boolean;
  /** The losses; undefined when the signal came first. */
  readonly run: (signal: AbortSignal) => Promise<Losses | undefined>;
  /** The number by which models are compared; the lower is the better one. */
  readonly criterion: (losses: Losses) => number;
}

/** What became of a validation. */
export interface ValidationReport {
  /** After this update. */
  readonly step: number;
  readonly losses: Losses;
  /** Is it the best so far? */
  readonly best: boolean;
}

/** What became of one update. */
export interface UpdateReport extends LogLine {
  readonly samples: number;
  readonly lastStep: number;
}

/** How a run ended. */
export interface LoopResult {
  readonly step: number;
  /** False when it was stopped before its last step. */
  readonly finished: boolean;
}

/** Trains until the last step, or until the signal; either way the last thing that it does is a checkpoint. */
export async function train(training: Training, options: LoopOptions): Promise<LoopResult> {
  const { signal, clock, lastStep, validation } = options;
  let { state } = options;
  let saved = (await training.checkpoints.steps()).at(-1);
  let savedAt = clock();
  const save = async (): Promise<void> => {
    await training.log.flush();
    options.onCheckpoint(
      await training.checkpoints.save({ ...training, state, metadata: options.metadata }),
    );
    saved = state.step;
    savedAt = clock();
  };
  if (state.validationDue === true && validation !== undefined) {
    state = await validate(training, options, validation, state);
  }
  while (state.step < lastStep && !signal.aborted) {
    const { report, feeds } = await update(training, { ...options, step: state.step + 1 });
    state = { ...state, step: report.step };
    await training.log.append(logLine(report));
    await options.onUpdate(report, feeds);
    if (validation?.isDue(state.step)) state = await validate(training, options, validation, state);
    if (clock() - savedAt >= options.checkpointEveryMs) await save();
  }
  if (saved !== state.step) await save();
  return { step: state.step, finished: state.step >= lastStep };
}

/** Validates, logs, keeps the model if it is the best so far. */
async function validate(
  { store, checkpoints, log }: Training,
  { signal, now, clock, metadata, onValidation }: LoopOptions,
  validation: Validation,
  state: TrainState,
): Promise<TrainState> {
  const start = clock();
  const losses = await validation.run(signal);
  if (losses === undefined) return { ...state, validationDue: true };
  const loss = validation.criterion(losses);
  const isBest = !(loss >= (state.best?.loss ?? Number.POSITIVE_INFINITY));
  const timing = { time: now().toISOString(), validationMs: clock() - start };
  await log.append({ step: state.step, validation: losses, timing });
  if (isBest) await checkpoints.saveBest({ store, step: state.step, loss, metadata });
  await onValidation({ step: state.step, losses, best: isBest });
  const { validationDue: _, ...done } = state;
  return isBest ? { ...done, best: { step: state.step, loss } } : done;
}

async function update(
  { store, program, optimizer, batches }: Training,
  options: LoopOptions & { readonly step: number },
): Promise<{ readonly report: UpdateReport; readonly feeds: NamedArrays }> {
  const { step, accumulate, clock } = options;
  const start = clock();
  let waitMs = 0;
  let samples = 0;
  const losses: Losses[] = [];
  const ids: MicroBatch["ids"][] = [];
  let feeds: NamedArrays = new Map();
  for (let micro = 0; micro < accumulate; micro++) {
    const asked = clock();
    const next = await batches.next();
    waitMs += clock() - asked;
    if (next.done === true)
      throw new RangeError(`internal: no batch for micro-batch ${micro} of step ${step}`);
    const { variant } = next.value;
    feeds = next.value.feeds;
    const result = await program.run(feeds, { micro, variant });
    await requireFinite(result, { step, ids: [next.value.ids] });
    losses.push(result);
    ids.push(next.value.ids);
    samples += next.value.samples;
  }
  const epoch = options.epochOf(step);
  const lr = options.rateOf(epoch);
  const norms = gradientNorms(store, options.partOf);
  await requireFinite({ "the gradient norm": norms.all }, { step, ids });
  await optimizer.update({ step, lr, gradientScale: clippingFactor(norms.all, options.clip) });
  const report = {
    step,
    epoch,
    losses: meanLosses(losses),
    lr,
    gradientNorm: norms.all,
    gradientNorms: norms.parts,
    timing: {
      time: options.now().toISOString(),
      stepMs: clock() - start,
      waitMs,
      memory: process.memoryUsage.rss(),
    },
    samples,
    lastStep: options.lastStep,
  };
  return { report, feeds };
}

function logLine({ samples: _samples, lastStep: _lastStep, ...line }: UpdateReport): LogLine {
  return line;
}

function meanLosses(all: readonly Losses[]): Losses {
  const names = Object.keys(all[0] ?? {});
  const mean = (name: string): number =>
    all.reduce((sum, losses) => sum + (losses[name] ?? Number.NaN), 0) / all.length;
  return Object.fromEntries(names.map((name) => [name, mean(name)]));
}

/** Stops before a number that is none can reach the parameters. */
async function requireFinite(
  numbers: Readonly<Record<string, number>>,
  { step, ids }: { readonly step: number; readonly ids: readonly MicroBatch["ids"][] },
): Promise<void> {
  const bad = Object.entries(numbers).filter(([, value]) => !Number.isFinite(value));
  if (bad.length === 0) return;
  const records = (await Promise.all(ids.map((look) => look()))).flat();
  throw new ExecutionError(
    `Cannot go on at step ${step}: ${bad.map(([name, value]) => `${name} is ${value}`).join(", ")} ` +
      `on the records ${records.join(", ")}; the newest checkpoint stands, lower the learning rate or look at the records`,
  );
}
