/** @file What the pixel side of the model makes of masked films: its reconstruction and its super-resolution. */
import { buildGraph } from "../engine/graph.ts";
import type { Device } from "../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../engine/runtime/program.ts";
import { type EcampConfig, gridOf } from "../model/config.ts";
import { ecamp, ecampInputs } from "../model/ecamp.ts";
import { EVERY_ELEMENT } from "../model/ecamp-losses.ts";
import { keptPatches, randomMasking } from "../model/random-masking.ts";
import { Scope, Trace } from "../nn/scope.ts";
import type { NdArray } from "../util/nd-array.ts";
import { fillUniform } from "../util/random.ts";

/** Films and how they are masked. */
export interface ReconstructionInputs {
  /** u8 [B, S, S]: grey levels of the big image. */
  readonly image: NdArray<"u8">;
  readonly maskRatio: number;
  /** Draws which patches are removed. */
  readonly seed: number;
}

/** The stages of a reconstruction, as normalised levels. */
export interface Reconstruction {
  /** f32 [B, 3, S/2, S/2]: what the encoder is given patches of. */
  readonly small: NdArray;
  /** f32 [B, N]: 1 where a patch was removed. */
  readonly mask: NdArray<"f32">;
  /** f32 [B, 3, S/2, S/2]: the prediction of every patch. */
  readonly predicted: NdArray;
  /** f32 [B, 3, S, S] */
  readonly superResolved: NdArray;
}

/** What a forward pass is compiled for. */
export interface ReconstructionOptions {
  readonly config: EcampConfig;
  readonly device: Device;
  readonly maskRatio: number;
  /** Films in a batch. */
  readonly batch: number;
  /** Does the model predict patches normalised by their own mean and variance? False by default. */
  readonly normalizedPatches?: boolean;
}

/** The intermediates that are looked at, by the part of `Reconstruction` that each becomes. */
const TAPS = {
  small: "small",
  predicted: "predictedImage",
  superResolved: "super_res.image",
} as const;

/** The compiled image side of the model, for looking more than once. */
export class ReconstructionProgram implements AsyncDisposable {
  /** Films in a batch. */
  readonly batch: number;
  readonly #program: Program;
  readonly #patches: number;
  readonly #kept: number;

  private constructor(
    program: Program,
    { batch, patches, kept }: Readonly<Record<"batch" | "patches" | "kept", number>>,
  ) {
    this.batch = batch;
    this.#program = program;
    this.#patches = patches;
    this.#kept = kept;
  }

  /**
   * Traces the model, cuts it to what the pictures need, and compiles that.
   * @throws {RangeError} when the mask ratio is not in 0 … 1
   * @throws {ExecutionError} when the device refuses
   */
  static async compile({
    config,
    device,
    maskRatio,
    batch,
    normalizedPatches = false,
  }: ReconstructionOptions): Promise<ReconstructionProgram> {
    const patches = gridOf(config) ** 2;
    const kept = keptPatches(patches, maskRatio);
    const trace = new Trace();
    const inputs = ecampInputs(config, { batch, tokens: 1, kept }); // text is not read: one token will do
    ecamp(new Scope(trace), inputs, config, { ...EVERY_ELEMENT, normalizedPatches });
    const stages = Object.entries(TAPS).map(([stage, path]) => {
      const tensor = trace.taps.get(path);
      if (tensor === undefined) throw new RangeError(`internal: the model taps no "${path}"`);
      return [stage, tensor] as const;
    });
    const program = await Program.compile(buildGraph(new Map(stages)), device);
    return new ReconstructionProgram(program, { batch, patches, kept });
  }

  /**
   * Runs it.
   * @param inputs.image u8 [B, S, S], as many films as it was compiled for
   * @param parameters by checkpoint name; only read
   */
  async run(
    { image, seed }: Omit<ReconstructionInputs, "maskRatio">,
    parameters: NamedArrays,
  ): Promise<Reconstruction> {
    const noise = new Float32Array(this.batch * this.#patches);
    fillUniform(noise, { seed, name: "reconstruct" });
    const { mask, idsKeep, idsRestore } = randomMasking(
      { dtype: "f32", shape: [this.batch, this.#patches], data: noise },
      this.#kept,
    );
    const feeds = new Map<string, NdArray>([
      ...parameters,
      ["image", image],
      ["idsKeep", idsKeep],
      ["idsRestore", idsRestore],
    ]);
    const results = await this.#program.run(feeds);
    const stage = (name: keyof typeof TAPS): NdArray => {
      const array = results.get(name);
      if (array === undefined) throw new RangeError(`internal: the program gave no "${name}"`);
      return array;
    };
    return {
      small: stage("small"),
      mask,
      predicted: stage("predicted"),
      superResolved: stage("superResolved"),
    };
  }

  /** Frees the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/** Runs the image side of the model on films once; `parameters` by checkpoint name. */
export async function reconstruct(
  { image, maskRatio, seed }: ReconstructionInputs,
  parameters: NamedArrays,
  options: Omit<ReconstructionOptions, "batch" | "maskRatio">,
): Promise<Reconstruction> {
  const batch = image.shape[0] ?? 0;
  await using program = await ReconstructionProgram.compile({ ...options, maskRatio, batch });
  return await program.run({ image, seed }, parameters); // before it is freed
}
