/** @file The gradients of one update: micro-batches in, mean losses and the gradient norm out, or what was not finite. */
import type { NamedArrays } from "../engine/runtime/program.ts";
import { type GradientNorms, gradientNorms } from "./gradient-norm.ts";
import type { ParameterStore } from "./parameter-store.ts";
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

/** How an update is made. */
export interface UpdateOptions {
  /** Micro-batches in an update. */
  readonly accumulate: number;
  /** The part of the model that a parameter belongs to: gradient norms are told by part. */
  readonly partOf: (parameter: string) => string;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** What computes gradients, and where they go. */
export interface Computation {
  readonly store: ParameterStore;
  readonly program: StepRunner;
}

/** Gradients that lie in the store and have not moved a parameter yet. */
export interface ComputedGradients {
  /** Means over the micro-batches. */
  readonly losses: Losses;
  readonly norms: GradientNorms;
  readonly samples: number;
  /** How long batches were waited for. */
  readonly waitMs: number;
  /** Of the last micro-batch. */
  readonly feeds: NamedArrays;
}

/** A micro-batch in its update. */
export interface PlacedBatch {
  readonly micro: number;
  readonly batch: MicroBatch;
}

/** Numbers that no parameter may be moved by. */
export interface NonFinite {
  /** Such as `mlm is NaN`. */
  readonly found: string;
  /** The micro-batch whose loss it is; undefined when it is the gradient norm of all together. */
  readonly at: PlacedBatch | undefined;
}

/**
 * Computes an update's gradients into the store; no parameter moves.
 * @throws what the batches throw
 */
export async function computeGradients(
  { store, program }: Computation,
  batches: AsyncIterator<MicroBatch>,
  { accumulate, clock, partOf }: UpdateOptions,
): Promise<ComputedGradients | NonFinite> {
  let waitMs = 0;
  let samples = 0;
  const losses: Losses[] = [];
  let feeds: NamedArrays = new Map();
  for (let micro = 0; micro < accumulate; micro++) {
    const asked = clock();
    const next = await batches.next();
    waitMs += clock() - asked;
    if (next.done === true)
      throw new RangeError(`internal: no batch for micro-batch ${micro} of an update`);
    const batch = next.value;
    feeds = batch.feeds;
    const result = await program.run(feeds, { micro, variant: batch.variant });
    const found = describeNonFinite(result);
    if (found !== undefined) return { found, at: { micro, batch } };
    losses.push(result);
    samples += batch.samples;
  }
  const norms = gradientNorms(store, partOf);
  const found = describeNonFinite({ "the gradient norm": norms.all });
  if (found !== undefined) return { found, at: undefined };
  return { losses: meanLosses(losses), norms, samples, waitMs, feeds };
}

/**
 * Computes an update's micro-batches again, each for itself, and finds the first whose gradient is not finite. When only their
 * sum is not, it is the last one with the records of all.
 */
export async function findBadMicroBatch(
  { store, program }: Computation,
  batches: AsyncIterator<MicroBatch>,
  { accumulate, partOf }: UpdateOptions,
): Promise<PlacedBatch> {
  const ids: MicroBatch["ids"][] = [];
  for (;;) {
    const { value: batch, done } = await batches.next();
    if (done === true) throw new RangeError("internal: no batch to compute again");
    const micro = ids.push(batch.ids) - 1;
    const losses = await program.run(batch.feeds, { micro: 0, variant: batch.variant });
    const { all: norm } = gradientNorms(store, partOf);
    if (describeNonFinite({ ...losses, norm }) !== undefined) return { micro, batch };
    if (ids.length < accumulate) continue;
    const all = async () => (await Promise.all(ids.map((look) => look()))).flat();
    return { micro, batch: { ...batch, ids: all } };
  }
}

function describeNonFinite(numbers: Readonly<Record<string, number>>): string | undefined {
  const bad = Object.entries(numbers).filter(([, value]) => !Number.isFinite(value));
  if (bad.length === 0) return undefined;
  return bad.map(([name, value]) => `${name} is ${value}`).join(", ");
}

function meanLosses(all: readonly Losses[]): Losses {
  const names = Object.keys(all[0] ?? {});
  const mean = (name: string): number =>
    all.reduce((sum, losses) => sum + (losses[name] ?? Number.NaN), 0) / all.length;
  return Object.fromEntries(names.map((name) => [name, mean(name)]));
}
