/**
 * @file ECAMP's pre-training model (arXiv 2312.13316, section 3): one image encoder, three tasks on top of it — masked image
 * modelling, context-guided super-resolution, and masked language modelling weighted towards the distilled context.
 */
import { input, type Tensor } from "../engine/tensor.ts";
import { resizeImage } from "../nn/resize.ts";
import type { Scope } from "../nn/scope.ts";
import { CHANNELS, type EcampConfig, gridOf } from "./config.ts";
import {
  type Counting,
  type EcampLosses,
  EVERY_ELEMENT,
  maskedImageLoss,
  maskedLanguageLoss,
  superResolutionLoss,
} from "./ecamp-losses.ts";
import { normalizeGrey, repeatChannels } from "./grey-image.ts";
import { denormalizePatches, normalizePatches } from "./patch-normalization.ts";
import { patchify, unpatchify } from "./patches.ts";
import { pixelDecoder } from "./pixel-decoder.ts";
import { reportDecoder } from "./report-decoder.ts";
import { superResolution } from "./super-resolution.ts";
import { vitEncoder } from "./vit.ts";

/** A batch of pairs as the graph is fed; every name is an input's name. */
export interface EcampBatch {
  /** u8 [B, S, S]: grey levels of the big image. */
  readonly image: Tensor;
  /** i64 [B, n]: visible patches. */
  readonly idsKeep: Tensor;
  /** i64 [B, N]: where each patch stands among the shuffled. */
  readonly idsRestore: Tensor;
  /** f32 [B, N]: 1 where a patch was removed. */
  readonly patchMask: Tensor;
  /** i64 [B, T]: the masked words. */
  readonly ids: Tensor;
  /** f32 [B, T]: 1 on real tokens. */
  readonly attentionMask: Tensor;
  /** i64 [W]: the places among the B·T tokens whose words are to be found; every place when absent. */
  readonly wordPositions?: Tensor;
  /** i64 [B, T], or [W] with `wordPositions`: the original words. */
  readonly labels: Tensor;
  /** f32, in the shape of `labels`: loss weights. */
  readonly tokenWeights: Tensor;
  /** f32 [B, 1, S, 1] and [B, 1, 1, S]: 1 inside the super-resolution window. */
  readonly windowRows: Tensor;
  readonly windowColumns: Tensor;
}

/** The lengths that a batch's shapes depend on. */
export interface BatchSizes {
  /** B */
  readonly batch: number;
  /** T */
  readonly tokens: number;
  /** n */
  readonly kept: number;
  /** W, where words are found at chosen places only. */
  readonly words?: number;
}

/** Declares the inputs of a batch. */
export function ecampInputs(
  config: EcampConfig,
  { batch, tokens, kept, words }: BatchSizes,
): EcampBatch {
  const side = config.bigImageSize;
  const patches = gridOf(config) ** 2;
  const places = words === undefined ? [batch, tokens] : [words];
  return {
    image: input("image", "u8", [batch, side, side]),
    idsKeep: input("idsKeep", "i64", [batch, kept]),
    idsRestore: input("idsRestore", "i64", [batch, patches]),
    patchMask: input("patchMask", "f32", [batch, patches]),
    ids: input("ids", "i64", [batch, tokens]),
    attentionMask: input("attentionMask", "f32", [batch, tokens]),
    ...(words !== undefined && { wordPositions: input("wordPositions", "i64", places) }),
    labels: input("labels", "i64", places),
    tokenWeights: input("tokenWeights", "f32", places),
    windowRows: input("windowRows", "f32", [batch, 1, side, 1]),
    windowColumns: input("windowColumns", "f32", [batch, 1, 1, side]),
  };
}

/** The whole model on one batch. Intermediates are tapped in the scope's trace. */
export function ecamp(
  s: Scope,
  batch: EcampBatch,
  config: EcampConfig,
  counting: Counting = EVERY_ELEMENT,
): EcampLosses {
  const { big, small } = images(s, batch.image, config);
  const latent = vitEncoder(s, { image: small, idsKeep: batch.idsKeep }, config); // [B, 1 + n, D]
  const predicted = pixelDecoder(s, latent, batch.idsRestore, config); // [B, N, p²·3]
  const patches = patchify(small, config.patch, "row-column-channel"); // [B, N, p²·3]
  const target = counting.normalizedPatches ? normalizePatches(patches) : patches;
  const levels = counting.normalizedPatches ? denormalizePatches(predicted, patches) : predicted;
  const image = s.tap("predictedImage", unpatchify(levels, { ...config, channels: CHANNELS }));
  const resolved = superResolution(s.at("super_res"), image, config); // [B, 3, S, S]
  const logits = reportDecoder(s, { ...batch, latent }, config); // [B, T, V] or [W, V]
  return {
    mim: maskedImageLoss({ predicted, target, patchMask: batch.patchMask }, counting),
    res: superResolutionLoss({ resolved, big, ...batch }, counting),
    mlm: maskedLanguageLoss(logits, batch),
  };
}

/** Grey levels u8 [B, S, S] → normalised images: big [B, 1, S, S], small [B, 3, S/2, S/2] by bicubic resizing. */
function images(
  s: Scope,
  image: Tensor,
  { imageSize, ...normalization }: EcampConfig,
): { readonly big: Tensor; readonly small: Tensor } {
  const big = normalizeGrey(image, normalization);
  const grey = resizeImage(big, { height: imageSize, width: imageSize, interpolation: "bicubic" });
  return { big, small: s.tap("small", repeatChannels(grey)) };
}
