/** @file What the pixel side of the model makes of masked films: its reconstruction and its super-resolution. */
import { buildGraph } from "../engine/graph.ts";
import type { Device } from "../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../engine/runtime/program.ts";
import { type EcampConfig, gridOf } from "../model/config.ts";
import { ecamp, ecampInputs } from "../model/ecamp.ts";
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

/** Runs the image side of the model on films; `parameters` by checkpoint name. */
export async function reconstruct(
  { image, maskRatio, seed }: ReconstructionInputs,
  parameters: NamedArrays,
  { config, device }: { readonly config: EcampConfig; readonly device: Device },
): Promise<Reconstruction> {
  const batch = image.shape[0] ?? 0;
  const patches = gridOf(config) ** 2;
  const kept = keptPatches(patches, maskRatio);
  const noise = new Float32Array(batch * patches);
  fillUniform(noise, { seed, name: "reconstruct" });
  const masking = randomMasking({ dtype: "f32", shape: [batch, patches], data: noise }, kept);
  const trace = new Trace();
  ecamp(new Scope(trace), ecampInputs(config, { batch, tokens: 1, kept }), config); // text is not read: one token will do
  const stages = ["small", "predictedImage", "super_res.image"].map((path) => {
    const tensor = trace.taps.get(path);
    if (tensor === undefined) throw new RangeError(`internal: the model taps no "${path}"`);
    return [path, tensor] as const;
  });
  await using program = await Program.compile(buildGraph(new Map(stages)), device);
  const feeds = new Map<string, NdArray>([
    ...parameters,
    ["image", image],
    ["idsKeep", masking.idsKeep],
    ["idsRestore", masking.idsRestore],
  ]);
  const results = await program.run(feeds);
  const [small, predicted, superResolved] = stages.map(([path]) => results.get(path) ?? image);
  return {
    small: small ?? image,
    mask: masking.mask,
    predicted: predicted ?? image,
    superResolved: superResolved ?? image,
  };
}
