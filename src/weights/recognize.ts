/** @file What a weight file looks like, by the names and shapes of its tensors: whose program wrote it, and what its image encoder is. */
import { WeightsError } from "../util/errors.ts";
import { escapeLine } from "../util/escape-controls.ts";
import type { Shape } from "../util/nd-array.ts";
import { tableGrid } from "../util/table-grid.ts";
import { type NamedTensors, nameTensors } from "./name-tensors.ts";
import { changesEncoder } from "./names.ts";
import type { WeightsFile } from "./weights-file.ts";

/** Programs whose files are known. */
export type WeightsFamily =
  | "ecamp"
  | "mrm"
  | "mae"
  | "vit"
  | "vit-classifier"
  | "hf-vit"
  | "hf-vit-mae";

/** What messages call them. */
const FAMILY_NAMES: Readonly<Record<WeightsFamily, string>> = {
  ecamp: "ECAMP pre-training",
  mrm: "MRM pre-training (a report decoder without context fusion)",
  mae: "MAE pre-training",
  vit: "a vision transformer's encoder (names of MAE and timm)",
  "vit-classifier": "a vision transformer with a head (names of timm)",
  "hf-vit": "a vision transformer (names of Hugging Face)",
  "hf-vit-mae": "MAE pre-training (names of Hugging Face)",
};

/** An image encoder, as far as shapes tell. The number of its heads they do not. */
export interface EncoderShape {
  /** Width. */
  readonly dim: number;
  readonly depth: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Channels of the image. */
  readonly channels: number;
  readonly mlpRatio: number;
  /** Patches along each side of the image that its position table is for; undefined where the table is missing or not square. */
  readonly grid: number | undefined;
}

/** What a file looks like. */
export interface RecognizedWeights extends NamedTensors {
  readonly family: WeightsFamily | undefined;
  /** In a few words, such as `MAE pre-training`; an architecture that is not supported is named too. */
  readonly what: string;
  readonly encoder: EncoderShape | undefined;
  /** Parameters of its encoder that ours has not: it computes something else. */
  readonly foreign: readonly string[];
}

/** Architectures that are no vision transformers of this kind, by a name that each of them has. */
const OTHERS: readonly (readonly [mark: RegExp, what: string])[] = [
  [/(?:^|\.)layer1\.0\.conv1\.weight$/, "a ResNet"],
  [/(?:^|\.)denseblock1\.denselayer1\./, "a DenseNet"],
  [/relative_position_bias_table$/, "a Swin or BEiT transformer"],
  [/(?:^|\.)stages\.0\.(?:blocks|layers)\.0\.(?:conv_dw|dwconv)\./, "a ConvNeXt"],
  [/(?:^|\.)_?blocks\.0(?:\.0)?\.(?:conv_dw|_depthwise_conv)\./, "an EfficientNet"],
  [/(?:^|\.)visual\.(?:conv1|trunk\.)|vision_model\.embeddings\.patch_embedding\./, "a CLIP model"],
  [/(?:^|\.)embeddings\.word_embeddings\.weight$/, "a BERT model"],
  [/(?:^|\.)(?:features\.\d+\.weight|conv\d\.weight)$/, "a convolutional network"],
];

function familyOf({ tensors, prefixes }: NamedTensors): WeightsFamily | undefined {
  const names = [...tensors.keys()];
  const has = (start: string): boolean => names.some((name) => name.startsWith(start));
  if (prefixes.length !== 1) return undefined;
  if (has("bert_encoder.")) {
    return names.some((name) => name.includes(".context_fusion_layer.")) ? "ecamp" : "mrm";
  }
  const patches = tensors.get("patch_embed.proj.weight")?.sources[0] ?? "";
  const isHf = patches.endsWith("projection.weight");
  if (has("decoder_embed.")) return isHf ? "hf-vit-mae" : "mae";
  if (isHf) return "hf-vit";
  return has("head.") || has("fc_norm.") ? "vit-classifier" : "vit";
}

function otherArchitecture(names: readonly string[]): string {
  const other = OTHERS.find(([mark]) => names.some((name) => mark.test(name)));
  return other?.[1] ?? "nothing that is known";
}

function encoderShape(tensors: NamedTensors["tensors"]): EncoderShape | undefined {
  const shapeOf = (name: string): Shape => tensors.get(name)?.shape ?? [];
  const patches = shapeOf("patch_embed.proj.weight");
  const [dim = 0, channels = 0, patch = 0, other = 0] = patches;
  if (patches.length !== 4 || dim === 0 || patch === 0 || patch !== other) return undefined;
  let depth = 0;
  while (tensors.has(`blocks.${depth}.norm1.weight`)) depth++;
  const mlpRatio = (shapeOf("blocks.0.mlp.fc1.weight")[0] ?? 0) / dim;
  return { dim, depth, patch, channels, mlpRatio, grid: tableGrid(shapeOf("pos_embed")) };
}

/**
 * Looks at the names and shapes of a file's tensors; none is read.
 * @param isOwn see `nameTensors`
 */
export function recognizeWeights(
  weights: Pick<WeightsFile, "names" | "info">,
  isOwn?: (name: string) => boolean,
): RecognizedWeights {
  const named = nameTensors(
    weights.names.map((name) => [name, weights.info(name).shape] as const),
    isOwn,
  );
  const family = familyOf(named);
  const several = named.prefixes.map((prefix) => `"${prefix}"`).join(" and ");
  const unknown =
    named.prefixes.length > 1
      ? `several encoders, under ${several}`
      : otherArchitecture(weights.names);
  return {
    ...named,
    family,
    what: family === undefined ? unknown : FAMILY_NAMES[family],
    encoder: family === undefined ? undefined : encoderShape(named.tensors),
    foreign: family === undefined ? [] : [...named.tensors.keys()].filter(changesEncoder),
  };
}

/**
 * The encoder of a file, where it has one that this project's encoder computes.
 * @param attempt what was to be done, such as `Cannot take an encoder from "a.pth"`
 * @throws {WeightsError} when the file is of another architecture, or a variant that computes something else
 */
export function requireEncoder(
  { encoder, what, foreign, prefixes }: RecognizedWeights,
  attempt: string,
): EncoderShape {
  if (encoder === undefined) {
    const found = prefixes.length === 1 ? "its patches are not square" : `it holds ${what}`;
    throw new WeightsError(
      `${attempt}: ${found}, expected the encoder of one vision transformer; see "ecamp weights inspect"`,
    );
  }
  if (foreign.length > 0) {
    throw new WeightsError(
      `${attempt}: its encoder has parameters that this one has not (${escapeLine(foreign.slice(0, 3).join(", "))}), and computes something else`,
    );
  }
  if (encoder.channels !== 3) {
    throw new WeightsError(
      `${attempt}: its patches have ${encoder.channels} channels, expected 3 (grey levels are repeated)`,
    );
  }
  return encoder;
}
