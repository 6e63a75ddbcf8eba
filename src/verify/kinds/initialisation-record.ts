/** @file What the `initialisation` fixture records of a parameter, and the sizes of the model that the parameters belong to. */
import { z } from "zod";
import type { EcampConfig } from "../../model/config.ts";

/** The rule by which a parameter starts; `sincos` is a fixed table. */
export type InitialRule =
  | { readonly kind: "xavier-uniform"; readonly bound: number }
  | { readonly kind: "conv-default-uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly std: number; readonly zeroRow?: number | undefined }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "sincos"; readonly frozen: boolean };

/** Statistics of a tensor's elements: the mean, the standard deviation about it, the extremes, and how many are 0. */
export interface Summary {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly zeros: number;
}

/** A parameter's rule, and the statistics of the values that one run of the program gave it. */
export interface RecordedParameter extends Summary {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rule: InitialRule;
}

/** The parts of the `fixture.json` that are replayed. */
export interface RecordedInitialisation {
  readonly config: { readonly seed: number; readonly count: number; readonly elements: number };
  readonly parametersInOrder: readonly RecordedParameter[];
}

/** Parses the `fixture.json`. */
export const initialisationSchema: z.ZodType<RecordedInitialisation> = z.object({
  config: z.object({ seed: z.int().min(0), count: z.int(), elements: z.int() }),
  parametersInOrder: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int()),
      rule: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("xavier-uniform"), bound: z.number() }),
        z.object({ kind: z.literal("conv-default-uniform"), bound: z.number() }),
        z.object({ kind: z.literal("normal"), std: z.number(), zeroRow: z.int().optional() }),
        z.object({ kind: z.literal("constant"), value: z.number() }),
        z.object({ kind: z.literal("sincos"), frozen: z.boolean() }),
      ]),
      mean: z.number(),
      std: z.number(),
      min: z.number(),
      max: z.number(),
      zeros: z.int(),
    }),
  ),
});

/**
 * The configuration of a model whose parameters have these shapes. What shapes do not tell (heads, rates, constants) does not
 * matter to how parameters start.
 */
export function recordedConfig(parameters: readonly RecordedParameter[]): EcampConfig {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const length = (name: string, axis: number): number => shapes.get(name)?.[axis] ?? 0;
  const layers = (prefix: string): number => {
    const tops = parameters.filter(({ name }) => name.startsWith(`${prefix}.`));
    return new Set(tops.map(({ name }) => name.slice(prefix.length + 1).split(".")[0])).size;
  };
  const bert = "bert_encoder.model.bert";
  const patch = length("patch_embed.proj.weight", 2);
  const imageSize = patch * Math.sqrt(length("pos_embed", 1) - 1);
  const dim = length("cls_token", 2);
  return {
    imageSize,
    bigImageSize: 2 * imageSize,
    patch,
    dim,
    depth: layers("blocks"),
    heads: 1,
    mlpRatio: length("blocks.0.mlp.fc1.weight", 0) / dim,
    layerNormEps: 1e-6,
    decoderDim: length("mask_token", 2),
    decoderDepth: layers("decoder_blocks"),
    decoderHeads: 1,
    bertDim: length(`${bert}.embeddings.word_embeddings.weight`, 1),
    bertDepth: layers(`${bert}.encoder.layer`),
    bertHeads: 1,
    bertMlpDim: length(`${bert}.context_fusion_layer.intermediate.dense.weight`, 0),
    vocab: length(`${bert}.embeddings.word_embeddings.weight`, 0),
    positions: length(`${bert}.embeddings.position_embeddings.weight`, 0),
    bertLayerNormEps: 1e-12,
    dropout: 0,
    attentionDropout: 0,
    mean: 0,
    std: 1,
    positionExponent: "k/(2d)",
    finalRelu: true,
    tiedDecoder: false,
  };
}
