/**
 * @file ECAMP's pre-training model (arXiv 2312.13316, section 3): one image encoder, three tasks on top of it — masked image
 * modelling, context-guided super-resolution, and masked language modelling weighted towards the distilled context.
 */
import { add, cast, div, mul, sub } from "../engine/ops/elementwise.ts";
import { expand, reshape } from "../engine/ops/layout.ts";
import { reduceMean } from "../engine/ops/reduce.ts";
import { input, scalar, type Tensor } from "../engine/tensor.ts";
import { crossEntropy, maskedSquareMean } from "../nn/losses.ts";
import { resizeImage } from "../nn/resize.ts";
import type { Scope } from "../nn/scope.ts";
import { CHANNELS, type EcampConfig, gridOf } from "./config.ts";
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
  /** i64 [B, T]: masked and original words. */
  readonly ids: Tensor;
  readonly labels: Tensor;
  /** f32 [B, T]: 1 on real tokens. */
  readonly attentionMask: Tensor;
  /** f32 [B, T]: the loss weight of every position. */
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
}

/** Declares the inputs of a batch. */
export function ecampInputs(config: EcampConfig, { batch, tokens, kept }: BatchSizes): EcampBatch {
  const side = config.bigImageSize;
  const patches = gridOf(config) ** 2;
  return {
    image: input("image", "u8", [batch, side, side]),
    idsKeep: input("idsKeep", "i64", [batch, kept]),
    idsRestore: input("idsRestore", "i64", [batch, patches]),
    patchMask: input("patchMask", "f32", [batch, patches]),
    ids: input("ids", "i64", [batch, tokens]),
    labels: input("labels", "i64", [batch, tokens]),
    attentionMask: input("attentionMask", "f32", [batch, tokens]),
    tokenWeights: input("tokenWeights", "f32", [batch, tokens]),
    windowRows: input("windowRows", "f32", [batch, 1, side, 1]),
    windowColumns: input("windowColumns", "f32", [batch, 1, 1, side]),
  };
}

/** The three losses, each a scalar; the objective is their sum. */
export interface EcampLosses {
  readonly mim: Tensor;
  readonly res: Tensor;
  readonly mlm: Tensor;
}

/** The whole model on one batch. Intermediates are tapped in the scope's trace. */
export function ecamp(s: Scope, batch: EcampBatch, config: EcampConfig): EcampLosses {
  const { big, small } = images(s, batch.image, config);
  const latent = vitEncoder(s, { image: small, idsKeep: batch.idsKeep }, config); // [B, 1 + n, D]
  const predicted = pixelDecoder(s, latent, batch.idsRestore, config); // [B, N, p²·3]
  const logits = reportDecoder(
    s,
    { ids: batch.ids, attentionMask: batch.attentionMask, latent },
    config,
  );
  return {
    mim: maskedImageLoss(predicted, small, batch.patchMask, config),
    res: superResolutionLoss(s, predicted, { big, batch }, config),
    mlm: maskedLanguageLoss(logits, batch),
  };
}

/** Grey levels u8 [B, S, S] → normalised images: big [B, 1, S, S], small [B, 3, S/2, S/2] by bicubic resizing. */
function images(
  s: Scope,
  image: Tensor,
  { imageSize, mean, std }: EcampConfig,
): { readonly big: Tensor; readonly small: Tensor } {
  const [batch = 0, height = 0, width = 0] = image.shape;
  const levels = div(cast(reshape(image, [batch, 1, height, width]), "f32"), scalar(255));
  const big = div(sub(levels, scalar(mean)), scalar(std));
  const grey = resizeImage(big, { height: imageSize, width: imageSize, interpolation: "bicubic" });
  return { big, small: s.tap("small", expand(grey, [batch, CHANNELS, imageSize, imageSize])) };
}

/** mean((P·m − I·m)²) over every pixel, visible ones as zeros (SPEC 3.3). */
function maskedImageLoss(
  predicted: Tensor,
  small: Tensor,
  patchMask: Tensor,
  { patch }: EcampConfig,
): Tensor {
  const target = patchify(small, patch, "row-column-channel"); // [B, N, p²·3]
  const [batch = 0, patches = 0] = patchMask.shape;
  return maskedSquareMean(predicted, target, reshape(patchMask, [batch, patches, 1]));
}

/** mean((S·w − J·w)²) over every pixel of the big image, those outside the window as zeros (SPEC 3.3). */
function superResolutionLoss(
  s: Scope,
  predicted: Tensor,
  { big, batch }: { readonly big: Tensor; readonly batch: EcampBatch },
  config: EcampConfig,
): Tensor {
  const image = s.tap(
    "predictedImage",
    unpatchify(predicted, { patch: config.patch, channels: CHANNELS }),
  );
  const resolved = superResolution(s.at("super_res"), image, config); // [B, 3, S, S]
  return maskedSquareMean(resolved, big, mul(batch.windowRows, batch.windowColumns));
}

/** mean over all B·T positions of weight · cross-entropy (SPEC 3.4). */
function maskedLanguageLoss(logits: Tensor, { labels, tokenWeights }: EcampBatch): Tensor {
  const [batch = 0, tokens = 0, vocab = 0] = logits.shape;
  const rows = batch * tokens;
  const losses = crossEntropy(reshape(logits, [rows, vocab]), reshape(labels, [rows]));
  return reduceMean(mul(losses, reshape(tokenWeights, [rows])));
}

/** mim + res + mlm. */
export function totalLoss({ mim, res, mlm }: EcampLosses): Tensor {
  return add(add(mim, res), mlm);
}
