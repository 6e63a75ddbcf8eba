/** @file The losses of a model on records that it does not learn from: the forward pass alone, without dropout. */
import { buildGraph } from "../engine/graph.ts";
import { type CompileOptions, type NamedArrays, Program } from "../engine/runtime/program.ts";
import { Scope, Trace } from "../nn/scope.ts";
import { DisposableCache } from "../util/disposable-cache.ts";
import type { ParameterStore } from "./parameter-store.ts";
import type { Losses, Objective } from "./step-program.ts";

/** One batch to evaluate. */
export interface EvaluationBatch {
  readonly feeds: NamedArrays;
  /** The name of its shape. */
  readonly variant: string;
  readonly samples: number;
}

/** How an evaluation is compiled. */
export interface EvaluationOptions extends CompileOptions {
  /** The objective for batches of a shape; it must declare no random masks. */
  readonly objectiveOf: (variant: string) => (scope: Scope) => Objective;
}

/** The forward passes of an objective, by the shape of the batch. */
export class Evaluation implements AsyncDisposable {
  readonly #store: ParameterStore;
  readonly #programs: DisposableCache<Program>;

  constructor(store: ParameterStore, { objectiveOf, ...device }: EvaluationOptions) {
    this.#store = store;
    this.#programs = new DisposableCache((variant) => {
      const { parts } = objectiveOf(variant)(new Scope(new Trace()));
      return Program.compile(buildGraph(parts), device);
    });
  }

  /** The mean of every loss over all samples; undefined when the signal came before the last batch was done. */
  async run(
    batches: AsyncIterable<EvaluationBatch>,
    signal: AbortSignal,
  ): Promise<Losses | undefined> {
    const sums = new Map<string, number>();
    let count = 0;
    for await (const { feeds, variant, samples } of batches) {
      if (signal.aborted) return undefined;
      const program = await this.#programs.get(variant);
      const results = await program.run(new Map([...this.#store.values, ...feeds]));
      for (const [name, { data }] of results) {
        sums.set(name, (sums.get(name) ?? 0) + samples * Number(data[0]));
      }
      count += samples;
    }
    return Object.fromEntries([...sums].map(([name, sum]) => [name, sum / count]));
  }

  /** Frees every program. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#programs[Symbol.asyncDispose]();
  }
}
