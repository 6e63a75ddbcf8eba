/** @file What an optimiser is: slots of state, and an update that is a graph over a chunk of elements. */
import { buildGraph } from "../../engine/graph.ts";
import { mul } from "../../engine/ops/elementwise.ts";
import { type CompileOptions, type NamedArrays, Program } from "../../engine/runtime/program.ts";
import { input, type Tensor } from "../../engine/tensor.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type { GroupOptions } from "../parameter-groups.ts";
import { CHUNK, type GroupBuffers, type ParameterStore } from "../parameter-store.ts";

/** Tensors of one chunk: parameter, gradient (clipped) and slots, each [n]. */
export interface Chunk {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  slot(name: string): Tensor;
  /** A number that `scalars` gives at every step. */
  scalar(name: string): Tensor;
}

/** What the numbers of a step depend on. */
export interface StepContext {
  /** Updates so far, this one included: 1, 2 … */
  readonly step: number;
  /** The schedule's learning rate, the group's factor applied. */
  readonly lr: number;
  readonly group: GroupOptions;
}

/** An optimiser as a record: no state of its own. */
export interface Optimizer {
  readonly name: string;
  /** Names of its moments, as checkpoints have them. */
  readonly slots: readonly string[];
  /** The numbers that change from step to step, computed in double precision. */
  scalars(context: StepContext): Readonly<Record<string, number>>;
  /** The new parameter and slots. Every reader of an old value must come before its new one: updates are in place. */
  update(chunk: Chunk): {
    readonly parameter: Tensor;
    readonly slots: Readonly<Record<string, Tensor>>;
  };
}

/** Applies an optimiser to a store, chunk by chunk, in place. */
export class OptimizerProgram implements AsyncDisposable {
  readonly #optimizer: Optimizer;
  readonly #program: Program;
  readonly #store: ParameterStore;
  readonly #chunks: ReadonlyMap<GroupBuffers, readonly NamedArrays[]>;
  /** Scalars are fed through arrays that stay, one for each name. */
  readonly #scalars: ReadonlyMap<string, NdArray<"f32">>;

  private constructor(optimizer: Optimizer, program: Program, store: ParameterStore) {
    this.#optimizer = optimizer;
    this.#program = program;
    this.#store = store;
    this.#chunks = new Map(store.groups.map((group) => [group, chunksOf(group)]));
    const names = [...program.inputs].flatMap(([name, { shape }]) =>
      shape.length === 0 ? [name] : [],
    );
    this.#scalars = new Map(
      names.map((name) => [name, { dtype: "f32", shape: [], data: new Float32Array(1) }]),
    );
  }

  /** Compiles the update for a store. */
  static async compile(
    optimizer: Optimizer,
    store: ParameterStore,
    device: CompileOptions,
  ): Promise<OptimizerProgram> {
    const vector = (name: string): Tensor => input(name, "f32", [CHUNK]);
    const number = (name: string): Tensor => input(`scalar/${name}`, "f32", []);
    const slots = new Map(optimizer.slots.map((slot) => [slot, vector(`slot/${slot}`)]));
    const scalars = new Map<string, Tensor>();
    const scalar = (name: string): Tensor => {
      const tensor = scalars.get(name) ?? number(name);
      scalars.set(name, tensor);
      return tensor;
    };
    const updated = optimizer.update({
      parameter: vector("parameter"),
      gradient: mul(vector("gradient"), scalar("gradientScale")),
      slot: (name) => slots.get(name) ?? vector(`slot/${name}`),
      scalar,
    });
    const outputs = new Map([["parameter'", updated.parameter]]);
    for (const [slot, tensor] of Object.entries(updated.slots))
      outputs.set(`slot/${slot}'`, tensor);
    return new OptimizerProgram(
      optimizer,
      await Program.compile(buildGraph(outputs), device),
      store,
    );
  }

  /**
   * One update of the store: every trained parameter by its gradient, every buffer to what the step has made of it.
   * @param options.gradientScale factor on all gradients: the clipping factor, 1 without
   */
  async update(options: {
    readonly step: number;
    readonly lr: number;
    readonly gradientScale: number;
  }): Promise<void> {
    for (const [group, chunks] of this.#chunks) {
      const lr = options.lr * group.rule.lrScale;
      const values = this.#optimizer.scalars({ step: options.step, lr, group: group.rule });
      this.#setScalars({ ...values, gradientScale: options.gradientScale });
      for (const chunk of chunks) await this.#updateChunk(chunk);
    }
    this.#store.settleBuffers();
  }

  #setScalars(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const array = this.#scalars.get(`scalar/${name}`);
      if (array !== undefined) array.data[0] = value;
    }
  }

  async #updateChunk(chunk: NamedArrays): Promise<void> {
    const into = new Map(
      [...this.#program.outputs.keys()].flatMap((name) => {
        const array = chunk.get(name.slice(0, -1)); // the output x' is written over the input x
        return array === undefined ? [] : [[name, array] as const];
      }),
    );
    await this.#program.run(new Map([...chunk, ...this.#scalars]), into);
  }

  /** Frees the compiled update. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

function chunksOf({ length, values, gradients, moments }: GroupBuffers): readonly NamedArrays[] {
  const buffers: readonly [string, Float32Array][] = [
    ["parameter", values],
    ["gradient", gradients],
    ...[...moments].map(([slot, buffer]): [string, Float32Array] => [`slot/${slot}`, buffer]),
  ];
  return Array.from({ length: length / CHUNK }, (_, i) => {
    const cut = (buffer: Float32Array): NdArray => ({
      dtype: "f32",
      shape: [CHUNK],
      data: buffer.subarray(i * CHUNK, (i + 1) * CHUNK),
    });
    return new Map(buffers.map(([name, buffer]) => [name, cut(buffer)]));
  });
}
