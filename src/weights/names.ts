/**
 * @file The one table of parameter names that files spell otherwise than this project does, whose names are those of the
 * original program's checkpoints; MAE's and timm's are the same ones.
 */

/** Where a file's tensor goes. */
export interface Placement {
  /** The parameter. */
  readonly name: string;
  /** Which of the three parts of its first axis the tensor is (query, key, value); undefined for all of it. */
  readonly part?: QkvPart;
}

/** Query, key or value, by their places in `attn.qkv`. */
export type QkvPart = 0 | 1 | 2;

/** One other spelling: what a file may write, and what it is called here. */
interface Spelling {
  readonly theirs: RegExp;
  /** The replacement, with the groups of `theirs`. */
  readonly ours: string;
  readonly part?: QkvPart;
}

const ECAMP: readonly Spelling[] = [
  // The authors' released weights name the context fusion layer after its attention.
  { theirs: /(^|\.)cross_attn_layer\./, ours: "$1context_fusion_layer." },
  // The vocabulary bias is one parameter that the original program reaches by two paths and saves twice.
  { theirs: /(^|\.)predictions\.decoder\.bias$/, ours: "$1predictions.bias" },
];

/** Blocks of Hugging Face's ViT, and those of the pixel decoder of its ViTMAE. */
const HF_BLOCKS: readonly Spelling[] = [
  ["encoder\\.layer", "blocks"],
  ["decoder\\.decoder_layers", "decoder_blocks"],
].flatMap(([theirs = "", ours = ""]) => {
  const spelling = (inner: string, own: string, part?: QkvPart): Spelling => ({
    theirs: new RegExp(`^${theirs}\\.(\\d+)\\.${inner}\\.`),
    ours: `${ours}.$1.${own}.`,
    ...(part === undefined ? {} : { part }),
  });
  return [
    spelling("layernorm_before", "norm1"),
    spelling("layernorm_after", "norm2"),
    spelling("attention\\.attention\\.query", "attn.qkv", 0),
    spelling("attention\\.attention\\.key", "attn.qkv", 1),
    spelling("attention\\.attention\\.value", "attn.qkv", 2),
    spelling("attention\\.output\\.dense", "attn.proj"),
    spelling("intermediate\\.dense", "mlp.fc1"),
    spelling("output\\.dense", "mlp.fc2"),
  ];
});

const HF: readonly Spelling[] = [
  { theirs: /^embeddings\.cls_token$/, ours: "cls_token" },
  { theirs: /^embeddings\.position_embeddings$/, ours: "pos_embed" },
  { theirs: /^embeddings\.patch_embeddings\.projection\./, ours: "patch_embed.proj." },
  { theirs: /^layernorm\./, ours: "norm." },
  ...HF_BLOCKS,
  { theirs: /^decoder\.(mask_token|decoder_pos_embed)$/, ours: "$1" },
  { theirs: /^decoder\.(decoder_embed|decoder_norm|decoder_pred)\./, ours: "$1." },
];

const SPELLINGS: readonly Spelling[] = [...ECAMP, ...HF];

/**
 * The parameter that a file's tensor is, or is a part of. What comes before the encoder's names, such as `module.`, must have
 * been taken away; see `nameTensors`.
 *
 * @example
 * placementOf("encoder.layer.3.attention.attention.key.bias"); // { name: "blocks.3.attn.qkv.bias", part: 1 }
 */
export function placementOf(name: string): Placement {
  const spelling = SPELLINGS.find(({ theirs }) => theirs.test(name));
  if (spelling === undefined) return { name };
  const { theirs, ours, part } = spelling;
  const own = name.replace(theirs, ours);
  return part === undefined ? { name: own } : { name: own, part };
}

/** Tensors that every vision transformer of a family has, by which it is found in a file and told from the names around it. */
export const ENCODER_MARKS: readonly (readonly [patches: string, block: string])[] = [
  ["patch_embed.proj.weight", "blocks.0.norm1.weight"],
  ["embeddings.patch_embeddings.projection.weight", "encoder.layer.0.layernorm_before.weight"],
];

/** What belongs to an encoder by its name, in any family's spelling. */
const ENCODER_PART =
  /^(?:blocks|patch_embed|embeddings|encoder\.layer)\.|^(?:dist_token|reg_token|register_tokens)$|^norm_pre\./;

/**
 * Is a parameter, given by our name, one of the image encoder's own? A file that lacks one of them is no start for a model that has
 * it, the position table included: it may have been learnt, and drawing it anew would go unnoticed.
 */
export const isEncoderParameter = (name: string): boolean =>
  /^(?:cls_token$|pos_embed$|(?:patch_embed|blocks|norm)\.)/.test(name);

/** What ours consists of, apart from the tokens, the table and the final norm. */
const OWN_PART =
  /^(?:patch_embed\.proj|blocks\.\d+\.(?:norm1|norm2|attn\.qkv|attn\.proj|mlp\.fc1|mlp\.fc2))\.(?:weight|bias)$/;

/**
 * Does an encoder with such a parameter, given by our names, compute something else than ours? Layer scale, norms of queries and
 * tokens beside the class's do; the mask token that Hugging Face keeps among the embeddings does not.
 */
export const changesEncoder = (name: string): boolean =>
  ENCODER_PART.test(name) && !OWN_PART.test(name) && name !== "embeddings.mask_token";
