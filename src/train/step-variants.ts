/** @file One training step for batches of several shapes: each shape is traced and compiled when it is met for the first time. */
import type { NamedArrays } from "../engine/runtime/program.ts";
import { DisposableCache } from "../util/disposable-cache.ts";
import type { ParameterStore } from "./parameter-store.ts";
import {
  type Losses,
  type MicroStep,
  type StepOptions,
  StepProgram,
  type TracedObjective,
} from "./step-program.ts";

/** How a step of several shapes is made. */
export interface StepVariantsOptions extends StepOptions {
  /** The objective for batches of a shape, by the name that batches give it. All of them have the store's parameters. */
  readonly traceOf: (variant: string) => TracedObjective;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** A micro-batch's place in its update, and the name of its shape. */
export interface VariantStep extends MicroStep {
  readonly variant: string;
}

/** Runs a step on micro-batches. */
export interface StepRunner {
  /** Forward and backward over one micro-batch. */
  run(feeds: NamedArrays, step: VariantStep): Promise<Losses>;
}

/** The programs of a step, by the shape of the batch. */
export class StepVariants implements StepRunner, AsyncDisposable {
  readonly #programs: DisposableCache<StepProgram>;
  #count = 0;
  #compileMs = 0;

  constructor(store: ParameterStore, { traceOf, clock, ...options }: StepVariantsOptions) {
    this.#programs = new DisposableCache(async (variant) => {
      const start = clock();
      const program = await StepProgram.compile(traceOf(variant), store, options);
      this.#count += 1;
      this.#compileMs += clock() - start;
      return program;
    });
  }

  /** How many shapes have been compiled, and what that took, without the programs for further micro-batches. */
  statistics(): { readonly count: number; readonly compileMs: number } {
    return { count: this.#count, compileMs: this.#compileMs };
  }

  /** Compiles the step for a shape, if that has not been done yet. */
  prepare(variant: string): Promise<StepProgram> {
    return this.#programs.get(variant);
  }

  async run(feeds: NamedArrays, { variant, micro }: VariantStep): Promise<Losses> {
    return (await this.prepare(variant)).run(feeds, { micro });
  }

  /** Frees every program. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#programs[Symbol.asyncDispose]();
  }
}
