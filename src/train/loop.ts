/** @file The one training loop. Everything that it needs is given; what it does is: batches → gradients → update → log → checkpoint. */
import type { NamedArrays } from "../engine/runtime/program.ts";
import { describeError } from "../util/errors.ts";
import { type BadStep, describeBadStep } from "./bad-step.ts";
import type { Checkpoints, TrainState } from "./checkpoint.ts";
import { FullDisk, type FullDiskOptions } from "./full-disk.ts";
import { clippingFactor } from "./gradient-norm.ts";
import { findNonFinite } from "./non-finite.ts";
import type { OptimizerProgram } from "./optimizers/optimizer.ts";
import type { ParameterStore } from "./parameter-store.ts";
import type { LogLine, RunLog } from "./run-log.ts";
import type { Losses } from "./step-program.ts";
import type { StepRunner } from "./step-variants.ts";
import {
  type ComputedGradients,
  computeGradients,
  type MicroBatch,
  type UpdateOptions,
} from "./update.ts";

export type { MicroBatch } from "./update.ts";

/** What is trained, and with what. */
export interface Training {
  readonly store: ParameterStore;
  readonly program: StepRunner;
  readonly optimizer: OptimizerProgram;
  /** Micro-batches in order, beginning with the first of update `step + 1`: the same ones whenever it is asked. */
  readonly batchesAfter: (step: number) => AsyncGenerator<MicroBatch>;
  readonly checkpoints: Checkpoints;
  readonly log: RunLog;
}

/** How it is trained. */
export interface LoopOptions extends UpdateOptions, FullDiskOptions {
  /** The state from which it starts: `step` updates are done. */
  readonly state: TrainState;
  /** The update after which it is finished. */
  readonly lastStep: number;
  readonly checkpointEveryMs: number;
  /** The fractional epoch at which an update begins. */
  readonly epochOf: (step: number) => number;
  /** The learning rate of an update, which begins at a fractional epoch. */
  readonly rateOf: (epoch: number, step: number) => number;
  /** The largest gradient norm; null for no limit. */
  readonly clip: number | null;
  /** The calendar time, for the log. */
  readonly now: () => Date;
  /** What the model is; goes into the header of every model file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Stops after the update that runs, with a checkpoint. */
  readonly signal: AbortSignal;
  /** Losses on records that are not learnt from. */
  readonly validation?: Validation | undefined;
  /** Sees an update and the feeds of its last micro-batch; the next one waits for it. */
  readonly onUpdate: (report: UpdateReport, feeds: NamedArrays) => Promise<void> | void;
  readonly onValidation: (validated: ValidationReport) => Promise<void> | void;
  readonly onCheckpoint: (path: string) => void;
  /** Looks into a micro-batch whose numbers are not finite, before the run ends of it; says in words what it found. */
  readonly examine?: ((bad: BadStep) => Promise<string>) | undefined;
}

/** When and how a model is validated. */
export interface Validation {
  readonly isDue: (step: number) => boolean;
  /** The losses; undefined when the signal came first. */
  readonly run: (signal: AbortSignal) => Promise<Losses | undefined>;
  /** The number by which models are compared; the lower is the better one. */
  readonly criterion: (losses: Losses) => number;
  /** The name of that number, where it may be one or another. */
  readonly criterionName?: (losses: Losses) => string;
  /** Does a model that is as good as the best so far take its place? Default false. */
  readonly tiesReplace?: boolean;
  /** Stops after so many validations in succession of which none was the best so far; never by default. */
  readonly patience?: number | undefined;
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
  /** False when it was stopped before its last step by somebody, or by a signal. */
  readonly finished: boolean;
  /** Did it end because validation no longer gained? */
  readonly exhausted: boolean;
}

/**
 * Trains until the last step, or until the signal; either way the last thing that it does is a checkpoint. So it is when a batch
 * cannot be had or a number is not finite: what was done before is saved, then the error thrown.
 * @throws {ExecutionError} when a loss or a gradient is not finite
 * @throws {EcampError} when the disk is full and the run shall stop then; see `isDiskFull`
 */
export async function train(training: Training, options: LoopOptions): Promise<LoopResult> {
  return new Run(training, options).finish();
}

class Run {
  readonly #training: Training;
  readonly #options: LoopOptions;
  #state: TrainState;
  /** The newest checkpoint, and when it was written or tried. */
  #saved: number | undefined;
  #savedAt: number;
  readonly #disk: FullDisk;

  constructor(training: Training, options: LoopOptions) {
    this.#training = training;
    this.#options = options;
    this.#state = options.state;
    this.#savedAt = options.clock();
    this.#disk = new FullDisk(options);
  }

  async finish(): Promise<LoopResult> {
    const { lastStep, signal, validation } = this.#options;
    await this.#training.checkpoints.tidy();
    this.#saved = (await this.#training.checkpoints.steps()).at(-1);
    if (this.#state.validationDue === true && validation !== undefined) {
      await this.#makeUpFor(validation);
    }
    const batches = this.#training.batchesAfter(this.#state.step);
    try {
      while (this.#state.step < lastStep && !this.#isExhausted() && !signal.aborted) {
        await this.#step(batches);
      }
    } finally {
      await batches.return(undefined);
    }
    if (this.#saved !== this.#state.step) await this.#save();
    const { step } = this.#state;
    const exhausted = this.#isExhausted();
    return { step, finished: exhausted || step >= lastStep, exhausted };
  }

  /** Has validation not gained for as long as the run's patience lasts? */
  #isExhausted(): boolean {
    const patience = this.#options.validation?.patience ?? Number.POSITIVE_INFINITY;
    return (this.#state.validationsSinceBest ?? 0) >= patience;
  }

  async #step(batches: AsyncGenerator<MicroBatch>): Promise<void> {
    const { clock, checkpointEveryMs, validation } = this.#options;
    const started = clock();
    const computed = await this.#compute(batches);
    const report = await this.#apply(computed, started);
    await this.#disk.write("log", () => this.#training.log.append(logLine(report)));
    await this.#disk.write("watcher", () => this.#options.onUpdate(report, computed.feeds));
    if (validation?.isDue(this.#state.step)) await this.#validate(validation);
    if (clock() - this.#savedAt >= checkpointEveryMs) {
      await this.#disk.write("checkpoint", () => this.#save());
    }
  }

  /** The gradients of the next update. Whatever goes wrong here has not touched a parameter, so what was done is worth saving. */
  async #compute(batches: AsyncGenerator<MicroBatch>): Promise<ComputedGradients> {
    try {
      const computed = await computeGradients(this.#training, batches, this.#options);
      if (!("found" in computed)) return computed;
      await batches.return(undefined);
      throw await describeBadStep(computed, {
        ...this.#options,
        ...this.#training,
        step: this.#state.step + 1,
      });
    } catch (error) {
      await this.#saveBeforeEnd();
      throw error;
    }
  }

  async #apply(
    { losses, norms, samples, waitMs }: ComputedGradients,
    started: number,
  ): Promise<UpdateReport> {
    const { epochOf, rateOf, clip, clock, now, lastStep } = this.#options;
    const step = this.#state.step + 1;
    const epoch = epochOf(step);
    const lr = rateOf(epoch, step);
    const gradientScale = clippingFactor(norms.all, clip);
    await this.#training.optimizer.update({ step, lr, gradientScale });
    this.#state = { ...this.#state, step };
    return {
      ...{ step, epoch, losses, lr },
      gradientNorm: norms.all,
      gradientNorms: norms.parts,
      timing: {
        time: now().toISOString(),
        stepMs: clock() - started,
        waitMs,
        memory: process.memoryUsage.rss(),
      },
      ...{ samples, lastStep },
    };
  }

  /** The validation that was due when the run stopped; what it finds belongs to the checkpoint that the run goes on from. */
  async #makeUpFor(validation: Validation): Promise<void> {
    await this.#validate(validation);
    if (this.#state.validationDue === true || this.#saved !== this.#state.step) return;
    const { log, checkpoints } = this.#training;
    await this.#disk.write("checkpoint", async () => {
      await log.flush();
      await checkpoints.replaceState(this.#state);
    });
  }

  /** Validates, logs, keeps the model if it is the best so far. */
  async #validate(validation: Validation): Promise<void> {
    const { signal, now, clock, metadata, onValidation, onNote } = this.#options;
    const { store, checkpoints, log } = this.#training;
    const { step, best } = this.#state;
    const start = clock();
    const due = { ...this.#state, validationDue: true };
    const losses = await validation.run(signal).catch(async (error: unknown) => {
      this.#state = due;
      await this.#saveBeforeEnd();
      throw error;
    });
    if (losses === undefined) {
      this.#state = due;
      return;
    }
    const loss = validation.criterion(losses);
    if (!Number.isFinite(loss)) {
      onNote(`warning: the validation after step ${step} gave ${loss}; it is not kept as the best`);
    }
    const timing = { time: now().toISOString(), validationMs: clock() - start };
    await this.#disk.write("log", () => log.append({ step, validation: losses, timing }));
    const toBeat = best?.loss ?? Number.POSITIVE_INFINITY;
    const gains = loss < toBeat || (validation.tiesReplace === true && loss === toBeat);
    const isBest =
      gains &&
      (await this.#disk.write("best", () => checkpoints.saveBest({ store, step, loss, metadata })));
    const { validationDue: _, ...done } = this.#state;
    this.#state = {
      ...done,
      ...(isBest && { best: { step, loss, by: validation.criterionName?.(losses) } }),
      validationsSinceBest: gains ? 0 : (done.validationsSinceBest ?? 0) + 1,
    };
    await this.#disk.write("watcher", () => onValidation({ step, losses, best: isBest }));
  }

  async #save(): Promise<void> {
    const { log, checkpoints } = this.#training;
    const { metadata, onCheckpoint, clock } = this.#options;
    try {
      await log.flush();
      const path = await checkpoints.save({ ...this.#training, state: this.#state, metadata });
      this.#saved = this.#state.step;
      onCheckpoint(path);
    } finally {
      this.#savedAt = clock(); // a disk that refused is asked again an interval later, not at every step
    }
  }

  /** Saves the updates since the last checkpoint of a run that ends by an error, unless they made the parameters useless. */
  async #saveBeforeEnd(): Promise<void> {
    const { values, moments } = this.#training.store;
    const { step } = this.#state;
    if (step === this.#options.state.step || step === this.#saved) return;
    if (findNonFinite("parameter", [...values, ...moments]) !== undefined) return;
    await this.#save().catch((error: unknown) => {
      this.#options.onNote(
        `warning: the steps after the last checkpoint are lost: ${describeError(error)}`,
      );
    });
  }
}

function logLine({ samples: _samples, lastStep: _lastStep, ...line }: UpdateReport): LogLine {
  return line;
}
