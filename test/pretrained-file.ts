/** @file A pre-trained model that nobody trained: drawn parameters, larger than at a run's start, in a file such as a run writes. */

import type { EcampConfig } from "../src/model/config.ts";
import { ecamp, ecampInputs } from "../src/model/ecamp.ts";
import { Scope, Trace } from "../src/nn/scope.ts";
import type { NdArray } from "../src/util/nd-array.ts";
import { sizeOf } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";
import { writeSafetensors } from "../src/weights/safetensors.ts";

/** Every parameter of a model, by checkpoint name, uniform in ±0.8: attention is far from even. */
export function drawnParameters(config: EcampConfig, seed: number): Map<string, NdArray<"f32">> {
  const trace = new Trace();
  ecamp(new Scope(trace), ecampInputs(config, { batch: 1, tokens: 1, kept: 1 }), config);
  return new Map(
    [...trace.parameters.values()].map(({ name, shape }) => {
      const stream = new RandomStream({ seed, name });
      const data = Float32Array.from({ length: sizeOf(shape) }, () => 1.6 * stream.uniform() - 0.8);
      return [name, { dtype: "f32", shape, data }] as const;
    }),
  );
}

/** What a file is made of; the header is a run's unless another is given. */
export interface PretrainedFileOptions {
  readonly config: EcampConfig;
  readonly seed: number;
  readonly tokenizerSha256?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Changes the parameters before they are written. */
  readonly change?: (parameters: Map<string, NdArray<"f32">>) => void;
}

/** Writes the file. */
export async function writePretrainedFile(
  file: string,
  { config, seed, tokenizerSha256, metadata, change }: PretrainedFileOptions,
): Promise<void> {
  const parameters = drawnParameters(config, seed);
  change?.(parameters);
  await writeSafetensors(file, parameters, {
    metadata: metadata ?? {
      format: "ecamp-pretrain-1",
      config: JSON.stringify(config),
      ...(tokenizerSha256 !== undefined && { tokenizerSha256 }),
    },
  });
}
