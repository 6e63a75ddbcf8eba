/** @file Two real steps of a run, computed and thrown away: what a step costs on this machine, with these pairs. */
import type { PretrainConfig } from "../../recipes/pretrain-config.ts";
import type { PretrainInputs } from "../../tasks/pretrain-inputs.ts";
import type { PreparedModel } from "../../tasks/pretrain-model.ts";
import { runBatches } from "../../tasks/run-batches.ts";
import { gradientNorm } from "../../train/gradient-norm.ts";
import type { MicroBatch } from "../../train/loop.ts";
import type { OptimizerProgram } from "../../train/optimizers/optimizer.ts";

/** What the steps took. An update's further micro-batches all cost what its second one does, so two of them are run. */
export interface TrialTimes {
  /** Of the first program of each shape that was met. */
  readonly compileMs: number;
  /** Of an update's first micro-batch, and of each one that follows; without waiting for pairs. */
  readonly firstMs: number;
  readonly furtherMs: number;
  /** Of the gradient norm and the optimiser. */
  readonly updateMs: number;
  /** Between two micro-batches when nothing but preparing them is done. */
  readonly prepareMs: number;
  /** The losses of the first micro-batch. */
  readonly losses: Readonly<Record<string, number>>;
}

/** What is tried. */
export interface Trial {
  readonly config: PretrainConfig;
  readonly inputs: PretrainInputs;
  /** Its parameters are filled; they change. */
  readonly prepared: PreparedModel;
  readonly optimizer: OptimizerProgram;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const STEPS = 2;
/** Micro-batches by which preparing is timed, for each worker. */
const TIMED = 2;

/**
 * Runs two updates, of two micro-batches each where the run accumulates, then times how fast pairs are prepared.
 * @throws {DecodeError | ManifestError} when a record is bad, as the run would
 */
export async function runTrial(trial: Trial): Promise<TrialTimes> {
  const batches = runBatches(trial, { doneSteps: 0, onSkipped: () => undefined });
  try {
    const steps = new TrialSteps(trial);
    for (let step = 1; step <= STEPS; step++) {
      trial.onProgress(`trial step ${step} of ${STEPS}`);
      await steps.run(step, batches);
    }
    trial.onProgress("timing how fast pairs are prepared");
    const prepareMs = await timePreparing(trial, batches);
    return { ...steps.times(), prepareMs };
  } finally {
    await batches.return(undefined);
  }
}

async function take({ signal }: Trial, batches: AsyncGenerator<MicroBatch>): Promise<MicroBatch> {
  signal.throwIfAborted();
  const next = await batches.next();
  if (next.done === true) throw new RangeError("internal: batches go on for ever");
  return next.value;
}

/** The updates of a trial. */
class TrialSteps {
  readonly #trial: Trial;
  /** Programs that have run: `shape/micro-batch`. The first run also compiles, or prepares threads and memory. */
  readonly #warm = new Set<string>();
  /** Times of the last step's micro-batches, by their place in it. */
  #microMs: readonly number[] = [];
  #updateMs = 0;
  #losses: Readonly<Record<string, number>> | undefined;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  async run(step: number, batches: AsyncGenerator<MicroBatch>): Promise<void> {
    const { config, prepared, optimizer, clock } = this.#trial;
    const places = Math.min(2, config.train.accumulate);
    const times: number[] = [];
    for (let micro = 0; micro < places; micro++) {
      const batch = await take(this.#trial, batches);
      times.push(await this.#runMicro(batch, micro, { timed: step > 1 }));
    }
    const start = clock();
    gradientNorm(prepared.store);
    await optimizer.update({ step, lr: config.train.lr, gradientScale: 1 });
    this.#updateMs = clock() - start;
    this.#microMs = times;
  }

  async #runMicro(
    { feeds, variant }: MicroBatch,
    micro: number,
    { timed }: { readonly timed: boolean },
  ): Promise<number> {
    const { prepared, clock, signal } = this.#trial;
    const program = `${variant}/${micro}`;
    const once = async (): Promise<number> => {
      signal.throwIfAborted();
      const start = clock();
      const losses = await prepared.steps.run(feeds, { variant, micro });
      this.#losses ??= losses;
      return clock() - start;
    };
    const isWarm = this.#warm.has(program);
    this.#warm.add(program);
    const firstMs = await once();
    return timed && !isWarm ? once() : firstMs;
  }

  times(): Omit<TrialTimes, "prepareMs"> {
    const [firstMs = 0, furtherMs = firstMs] = this.#microMs;
    const { compileMs } = this.#trial.prepared.steps.statistics();
    return { compileMs, firstMs, furtherMs, updateMs: this.#updateMs, losses: this.#losses ?? {} };
  }
}

/** Takes what is ready already, then times what comes after. */
async function timePreparing(trial: Trial, batches: AsyncGenerator<MicroBatch>): Promise<number> {
  const { prefetch, workers } = trial.config.data;
  const inStore = prefetch + 2; // one more in work, and one whose masks are drawn
  for (let i = 0; i < inStore; i++) await take(trial, batches);
  const count = TIMED * Math.max(1, workers);
  const start = trial.clock();
  for (let i = 0; i < count; i++) await take(trial, batches);
  return (trial.clock() - start) / count;
}
