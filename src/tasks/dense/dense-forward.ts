/** @file A dense model's forward pass over grey levels, by running statistics: compiled once for each size of batch. */
import { buildGraph } from "../../engine/graph.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import { type Normalization, normalizeGrey, repeatChannels } from "../../model/grey-image.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { DisposableCache } from "../../util/disposable-cache.ts";
import { ExecutionError } from "../../util/errors.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { IMAGE } from "./dense-model.ts";
import type { DenseFields, DenseHead, Outputs } from "./dense-task.ts";

/** What is compiled, and for what. */
export interface DenseForwardOptions<F extends DenseFields> {
  readonly head: Pick<DenseHead<F>, "outputs" | "objective">;
  /** Side of the image, in pixels. */
  readonly imageSize: number;
  readonly normalization: Normalization;
  readonly device: Device;
  /** Are losses computed too? Batches then come with what is true of them. */
  readonly withLosses: boolean;
}

/** What marks the names of losses among the outputs. */
const LOSS = "loss/";

/** What a model says of a batch. */
export interface DenseResult {
  readonly outputs: Outputs;
  /** None where they are not computed. */
  readonly losses: Readonly<Record<string, number>>;
}

/** The compiled passes of one model; parameters are given with every batch. */
export class DenseForward<F extends DenseFields> implements AsyncDisposable {
  readonly #programs: DisposableCache<Program>;

  constructor({ head, imageSize, normalization, device, withLosses }: DenseForwardOptions<F>) {
    this.#programs = new DisposableCache((batch) => {
      const grey = input(IMAGE, "u8", [Number(batch), imageSize, imageSize]);
      const image = repeatChannels(normalizeGrey(grey, normalization));
      const outputs = head.outputs(new Scope(new Trace()), image, { training: false });
      const losses = withLosses ? Object.entries(head.objective(outputs).parts) : [];
      const named = losses.map(([name, loss]) => [`${LOSS}${name}`, loss] as const);
      return Program.compile(buildGraph({ ...outputs, ...Object.fromEntries(named) }), device);
    });
  }

  /**
   * Runs a batch.
   * @param image u8 [B, S, S]
   * @throws {ExecutionError} when an output is not finite: parameters are damaged, or training has diverged
   */
  async run(
    image: NdArray,
    parameters: NamedArrays,
    targets: NamedArrays = new Map(),
  ): Promise<DenseResult> {
    const program = await this.#programs.get(`${image.shape[0]}`);
    const results = await program.run(new Map([...parameters, ...targets, [IMAGE, image]]));
    const outputs = new Map<string, Float32Array>();
    const losses: Record<string, number> = {};
    for (const [name, { data }] of results) {
      const values = Float32Array.from(data, Number);
      if (name.startsWith(LOSS)) losses[name.slice(LOSS.length)] = values[0] ?? Number.NaN;
      else outputs.set(name, requireFinite(values, name));
    }
    return { outputs, losses };
  }

  /** Frees every program. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#programs[Symbol.asyncDispose]();
  }
}

function requireFinite(values: Float32Array, name: string): Float32Array {
  if (values.every(Number.isFinite)) return values;
  throw new ExecutionError(
    `Cannot run a batch: its ${name} are not finite; the model's parameters are damaged, or its training diverged`,
  );
}
