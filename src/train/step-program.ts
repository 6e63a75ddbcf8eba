/** @file An objective as a compiled training step: losses out, gradients written into (or added to) a store. */
import { gradients } from "../engine/grad.ts";
import { buildGraph } from "../engine/graph.ts";
import { add } from "../engine/ops/elementwise.ts";
import { type CompileOptions, type NamedArrays, Program } from "../engine/runtime/program.ts";
import { input, type Tensor } from "../engine/tensor.ts";
import { type Parameter, type RandomMask, Scope, Trace } from "../nn/scope.ts";
import { type NdArray, zeros } from "../util/nd-array.ts";
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
  /** What buffers become with a micro-batch; they are among the fixed parameters. */
  readonly moves: ReadonlyMap<string, Tensor>;
}

/** The name of the input that every gradient is multiplied by: 1 / the number of accumulated micro-batches. */
export const LOSS_SCALE = "lossScale";

/** Runs a model function once and differentiates its loss by the trainable parameters, or by those of them that are chosen. */
export function traceObjective(
  build: (scope: Scope) => Objective,
  { trains = () => true }: { readonly trains?: (parameter: string) => boolean } = {},
): TracedObjective {
  const trace = new Trace();
  const objective = build(new Scope(trace));
  const parameters = [...trace.parameters.values()];
  const trainable = parameters.filter(({ trainable, name }) => trainable && trains(name));
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
    moves: trace.moves,
  };
}

/** What a step reports: every part of the objective, by name. */
export type Losses = Readonly<Record<string, number>>;

/** How a compiled step is used. */
export interface StepOptions extends CompileOptions {
  /** Micro-batches whose gradients are averaged into one update. */
  readonly accumulate: number;
}

/** Which micro-batch of an update runs. */
export interface MicroStep {
  /** 0 writes the gradients anew, later micro-batches add to them. */
  readonly micro: number;
}

/** The compiled forward and backward pass of an objective over one micro-batch. */
export class StepProgram implements AsyncDisposable {
  readonly #traced: TracedObjective;
  readonly #store: ParameterStore;
  readonly #options: StepOptions;
  readonly #lossScale: NdArray<"f32">;
  readonly #first: Program;
  #further: Promise<Program> | undefined;

  private constructor(
    traced: TracedObjective,
    { store, options, first }: { store: ParameterStore; options: StepOptions; first: Program },
  ) {
    this.#traced = traced;
    this.#store = store;
    this.#options = options;
    this.#lossScale = { dtype: "f32", shape: [], data: Float32Array.of(1 / options.accumulate) };
    this.#first = first;
  }

  /** Compiles the step. The program that adds to the gradients of a first micro-batch is compiled when it is first run. */
  static async compile(
    traced: TracedObjective,
    store: ParameterStore,
    options: StepOptions,
  ): Promise<StepProgram> {
    const first = await compileStep(traced, options, (_name, gradient) => gradient);
    return new StepProgram(traced, { store, options, first });
  }

  /**
   * Forward and backward over one micro-batch. Buffers go on from where the micro-batch before it has left them, and stay in the
   * store's keeping until the update.
   * @param feeds the batch's inputs and random masks; parameters are fed from the store
   * @throws {RangeError} when there are not so many micro-batches in an update
   */
  async run(feeds: NamedArrays, { micro }: MicroStep): Promise<Losses> {
    if (micro >= this.#options.accumulate) {
      throw new RangeError(
        `Cannot run micro-batch ${micro}: the step was compiled for ${this.#options.accumulate}`,
      );
    }
    const program = micro === 0 ? this.#first : await this.#compileFurther();
    const { values, moved: before, gradients: stored } = this.#store;
    const buffers = micro === 0 ? values : new Map([...values, ...before]);
    const all = new Map<string, NdArray>([...buffers, ...feeds, [LOSS_SCALE, this.#lossScale]]);
    const into = new Map<string, NdArray>();
    for (const [name, gradient] of stored) {
      into.set(gradientName(name), gradient);
      all.set(previousName(name), gradient);
    }
    const moved = new Map(
      [...this.#traced.moves].map(([name, { shape }]) => [name, zeros("f32", shape)]),
    );
    for (const [name, array] of moved) into.set(nextName(name), array);
    const results = await program.run(all, into);
    this.#store.moveBuffers(moved);
    const parts = [...results].filter(([name]) => !into.has(name));
    return Object.fromEntries(parts.map(([name, { data }]) => [name, Number(data[0])]));
  }

  #compileFurther(): Promise<Program> {
    this.#further ??= compileStep(this.#traced, this.#options, (name, gradient) =>
      add(input(previousName(name), "f32", gradient.shape), gradient),
    );
    return this.#further;
  }

  /** Frees the compiled programs. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A program that could not be compiled has already failed the step that wanted it.
    const further = await this.#further?.catch(() => undefined);
    await Promise.all([this.#first[Symbol.asyncDispose](), further?.[Symbol.asyncDispose]()]);
  }
}

async function compileStep(
  { objective, gradients: found, moves }: TracedObjective,
  device: CompileOptions,
  outputOf: (name: string, gradient: Tensor) => Tensor,
): Promise<Program> {
  const outputs = new Map(Object.entries(objective.parts));
  for (const [name, gradient] of found) outputs.set(gradientName(name), outputOf(name, gradient));
  for (const [name, next] of moves) outputs.set(nextName(name), next);
  return Program.compile(buildGraph(outputs), device);
}

const gradientName = (parameter: string): string => `gradient/${parameter}`;
const nextName = (buffer: string): string => `next/${buffer}`;
const previousName = (parameter: string): string => `previous/${parameter}`;
