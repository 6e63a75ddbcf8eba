/** @file The one training loop. Everything that it needs is given; what it does is: batches → gradients → update → log → checkpoint. */
import type { NamedArrays } from "../engine/runtime/program.ts";
import { ExecutionError } from "../util/errors.ts";
import type { Checkpoints, TrainState } from "./checkpoint.ts";
import { clippingFactor, gradientNorm } from "./gradient-norm.ts";
import type { OptimizerProgram } from "./optimizers/optimizer.ts";
import type { ParameterStore } from "./parameter-store.ts";
import type { LogLine, RunLog } from "./run-log.ts";
import type { Losses, StepProgram } from "./step-program.ts";

/** One micro-batch, ready to be fed. */
export interface MicroBatch {
  readonly feeds: NamedArrays;
  /** Samples in it. */
  readonly samples: number;
  /** Looks up the ids of its records, for messages. */
  readonly ids: () => Promise<readonly string[]>;
}

/** What is trained, and with what. */
export interface Training {
  readonly store: ParameterStore;
  readonly program: StepProgram;
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
  readonly onUpdate: (report: UpdateReport) => void;
  readonly onCheckpoint: (path: string) => void;
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
  let { step } = options.state;
  let saved = (await training.checkpoints.steps()).at(-1);
  let savedAt = options.clock();
  const save = async (): Promise<void> => {
    await training.log.flush();
    const state = { ...options.state, step };
    options.onCheckpoint(
      await training.checkpoints.save({ ...training, state, metadata: options.metadata }),
    );
    saved = step;
    savedAt = options.clock();
  };
  while (step < options.lastStep && !options.signal.aborted) {
    const report = await update(training, { ...options, step: step + 1 });
    step += 1;
    const { samples: _samples, lastStep: _lastStep, ...line } = report;
    await training.log.append(line);
    options.onUpdate(report);
    if (options.clock() - savedAt >= options.checkpointEveryMs) await save();
  }
  if (saved !== step) await save();
  return { step, finished: step >= options.lastStep };
}

async function update(
  { store, program, optimizer, batches }: Training,
  options: LoopOptions & { readonly step: number },
): Promise<UpdateReport> {
  const { step, accumulate, clock } = options;
  const start = clock();
  let waitMs = 0;
  let samples = 0;
  const losses: Losses[] = [];
  const ids: MicroBatch["ids"][] = [];
  for (let micro = 0; micro < accumulate; micro++) {
    const asked = clock();
    const next = await batches.next();
    waitMs += clock() - asked;
    if (next.done === true)
      throw new RangeError(`internal: no batch for micro-batch ${micro} of step ${step}`);
    const result = await program.run(next.value.feeds, { micro });
    await requireFinite(result, { step, ids: [next.value.ids] });
    losses.push(result);
    ids.push(next.value.ids);
    samples += next.value.samples;
  }
  const epoch = options.epochOf(step);
  const lr = options.rateOf(epoch);
  const norm = gradientNorm(store);
  await requireFinite({ "the gradient norm": norm }, { step, ids });
  await optimizer.update({ step, lr, gradientScale: clippingFactor(norm, options.clip) });
  return {
    step,
    epoch,
    losses: meanLosses(losses),
    lr,
    gradientNorm: norm,
    timing: {
      time: options.now().toISOString(),
      stepMs: clock() - start,
      waitMs,
      memory: process.memoryUsage.rss(),
    },
    samples,
    lastStep: options.lastStep,
  };
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
