/** @file An objective as a compiled training step: losses out, gradients written into (or added to) a store's buffers. */
import { gradients } from "../engine/grad.ts";
import { buildGraph } from "../engine/graph.ts";
import { add } from "../engine/ops/elementwise.ts";
import { type CompileOptions, type NamedArrays, Program } from "../engine/runtime/program.ts";
import { input, type Tensor } from "../engine/tensor.ts";
import { type Parameter, type RandomMask, Scope, Trace } from "../nn/scope.ts";
import type { NdArray } from "../util/nd-array.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** What a task wants to minimise. */
export interface Objective {
  /** The scalar that is differentiated. */
  readonly loss: Tensor;
  /** Scalars that are reported, by name. */
  readonly parts: Readonly<Record<string, Tensor>>;
}

/** A traced objective: its parameters, masks and symbolic gradients. */
export interface TracedObjective {
  readonly objective: Objective;
  /** Parameters that receive a gradient, in declaration order. */
  readonly trained: readonly Parameter[];
  /** Parameters that are frozen, or that the loss does not depend on. */
  readonly fixed: readonly Parameter[];
  readonly masks: readonly RandomMask[];
  readonly taps: ReadonlyMap<string, Tensor>;
  /** The gradient of each trained parameter. */
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** The name of the input that every gradient is multiplied by: 1 / the number of accumulated micro-batches. */
const LOSS_SCALE = "lossScale";

/** Runs a model function once and differentiates its loss. */
export function traceObjective(build: (scope: Scope) => Objective): TracedObjective {
  const trace = new Trace();
  const objective = build(new Scope(trace));
  const parameters = [...trace.parameters.values()];
  const trainable = parameters.filter((parameter) => parameter.trainable);
  const found = gradients(
    objective.loss,
    trainable.map(({ tensor }) => tensor),
    input(LOSS_SCALE, "f32", []),
  );
  const byName = new Map(
    trainable.flatMap(({ name }, i): [string, Tensor][] => {
      const gradient = found[i];
      return gradient === null || gradient === undefined ? [] : [[name, gradient]];
    }),
  );
  return {
    objective,
    trained: parameters.filter(({ name }) => byName.has(name)),
    fixed: parameters.filter(({ name }) => !byName.has(name)),
    masks: [...trace.masks.values()],
    taps: trace.taps,
    gradients: byName,
  };
}

/** What a step reports: every part of the objective, by name. */
export type Losses = Readonly<Record<string, number>>;

/** How a compiled step is used. */
export interface StepOptions {
  /** Micro-batches whose gradients are averaged into one update. */
  readonly accumulate: number;
}

/** The compiled forward and backward pass of an objective over one micro-batch. */
export class StepProgram implements AsyncDisposable {
  readonly #first: Program;
  readonly #further: Program | undefined;
  readonly #store: ParameterStore;
  readonly #lossScale: NdArray<"f32">;

  private constructor(
    programs: { readonly first: Program; readonly further: Program | undefined },
    store: ParameterStore,
    accumulate: number,
  ) {
    this.#first = programs.first;
    this.#further = programs.further;
    this.#store = store;
    this.#lossScale = { dtype: "f32", shape: [], data: Float32Array.of(1 / accumulate) };
  }

  /** Compiles the step; with accumulation a second time, for micro-batches that add to the gradients of the first. */
  static async compile(
    traced: TracedObjective,
    store: ParameterStore,
    { accumulate, ...device }: CompileOptions & StepOptions,
  ): Promise<StepProgram> {
    const compile = async (
      outputOf: (name: string, gradient: Tensor) => Tensor,
    ): Promise<Program> => {
      const outputs = new Map(Object.entries(traced.objective.parts));
      for (const [name, gradient] of traced.gradients) {
        outputs.set(gradientName(name), outputOf(name, gradient));
      }
      return Program.compile(buildGraph(outputs), device);
    };
    const first = await compile((_name, gradient) => gradient);
    const further =
      accumulate === 1
        ? undefined
        : await compile((name, gradient) =>
            add(input(previousName(name), "f32", gradient.shape), gradient),
          );
    return new StepProgram({ first, further }, store, accumulate);
  }

  /**
   * Forward and backward over one micro-batch.
   * @param feeds the batch's inputs and random masks; parameters are fed from the store
   * @param options.micro 0 writes the gradients anew, later micro-batches add to them
   */
  async run(feeds: NamedArrays, { micro }: { readonly micro: number }): Promise<Losses> {
    const program = micro === 0 ? this.#first : this.#further;
    if (program === undefined) {
      throw new RangeError(
        `Cannot run micro-batch ${micro}: the step was compiled without accumulation`,
      );
    }
    const { values, gradients: stored } = this.#store;
    const all = new Map<string, NdArray>([...values, ...feeds, [LOSS_SCALE, this.#lossScale]]);
    const into = new Map<string, NdArray>();
    for (const [name, gradient] of stored) {
      into.set(gradientName(name), gradient);
      all.set(previousName(name), gradient);
    }
    const results = await program.run(all, into);
    const parts = [...results].filter(([name]) => !into.has(name));
    return Object.fromEntries(parts.map(([name, { data }]) => [name, Number(data[0])]));
  }

  /** Frees the compiled programs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#first[Symbol.asyncDispose]();
    await this.#further?.[Symbol.asyncDispose]();
  }
}

const gradientName = (parameter: string): string => `gradient/${parameter}`;
const previousName = (parameter: string): string => `previous/${parameter}`;
