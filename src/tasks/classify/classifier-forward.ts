/** @file A classifier's forward pass over grey levels, without stochastic depth: compiled once for each size of batch. */
import { buildGraph } from "../../engine/graph.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import { type Normalization, normalizeGrey, repeatChannels } from "../../model/grey-image.ts";
import {
  type ClassifierConfig,
  classifierFeatures,
  classifierHead,
} from "../../model/heads/classifier.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { DisposableCache } from "../../util/disposable-cache.ts";
import { ExecutionError } from "../../util/errors.ts";
import type { NdArray } from "../../util/nd-array.ts";

/** The name of the graph's input: u8 [B, S, S]. */
export const IMAGE = "image";

/** What a classifier says of a batch. */
export interface ForwardResult {
  /** [B, D]: what the head reads. */
  readonly features: Float32Array;
  /** [B, C]. */
  readonly logits: Float32Array;
}

/** What is compiled, and for what. */
export interface ForwardOptions {
  readonly config: ClassifierConfig;
  readonly normalization: Normalization;
  readonly device: Device;
}

/** The compiled passes of one architecture; parameters are given with every batch. */
export class ClassifierForward implements AsyncDisposable {
  readonly #programs: DisposableCache<Program>;

  constructor({ config, normalization, device }: ForwardOptions) {
    const { imageSize: side, classes } = config;
    this.#programs = new DisposableCache((batch) => {
      const grey = input(IMAGE, "u8", [Number(batch), side, side]);
      const image = repeatChannels(normalizeGrey(grey, normalization));
      const s = new Scope(new Trace());
      const features = classifierFeatures(s, image, { ...config, dropPath: 0 });
      const logits = classifierHead(s, features, classes);
      return Program.compile(buildGraph({ features, logits }), device);
    });
  }

  /**
   * Features and logits of a batch.
   * @param image u8 [B, S, S]
   * @throws {ExecutionError} when a logit is not finite: parameters are damaged, or training has diverged
   */
  async run(image: NdArray, parameters: NamedArrays): Promise<ForwardResult> {
    const program = await this.#programs.get(`${image.shape[0]}`);
    const results = await program.run(new Map([...parameters, [IMAGE, image]]));
    const of = (name: string): Float32Array =>
      Float32Array.from(results.get(name)?.data ?? [], Number);
    const [features, logits] = [of("features"), of("logits")];
    if (logits.every(Number.isFinite)) return { features, logits };
    throw new ExecutionError(
      "Cannot score a batch: a logit is not finite; the classifier's parameters are damaged, or its training diverged",
    );
  }

  /** Frees every program. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#programs[Symbol.asyncDispose]();
  }
}
