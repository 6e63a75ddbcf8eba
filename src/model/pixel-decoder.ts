/** @file The pixel decoder (MAE's decoder): from the visible patches' latents to every patch's pixels (SPEC 3.2). */
import { add } from "../engine/ops/elementwise.ts";
import { concat, expand } from "../engine/ops/layout.ts";
import type { Tensor } from "../engine/tensor.ts";
import { EMBEDDING_STD } from "../nn/embedding.ts";
import { normal } from "../nn/initializers.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { CHANNELS, type EcampConfig, gridOf } from "./config.ts";
import { chooseTokens, cutClassToken, positionParameter, vitBlocks } from "./vit.ts";

/**
 * latent [B, 1 + n, D] and the place of every patch in the shuffled order, i64 [B, N] → predicted patches [B, N, patch²·3],
 * channel fastest. Removed patches enter as one learned mask token.
 */
export function pixelDecoder(
  s: Scope,
  latent: Tensor,
  idsRestore: Tensor,
  config: EcampConfig,
): Tensor {
  const { decoderDim: width, patch, layerNormEps: epsilon } = config;
  const { classToken, patches } = cutClassToken(linear(s.at("decoder_embed"), latent, width));
  const [batch = 0, kept = 0] = patches.shape;
  const grid = gridOf(config);
  const removed = grid * grid - kept;
  const maskToken = s.param("mask_token", [1, 1, width], normal({ std: EMBEDDING_STD }));
  const shuffled =
    removed === 0 ? patches : concat([patches, expand(maskToken, [batch, removed, width])], 1); // [B, N, d]
  const tokens = concat([classToken, chooseTokens(shuffled, idsRestore)], 1);
  const positions = positionParameter(s, "decoder_pos_embed", {
    grid,
    width,
    exponent: config.positionExponent,
  });
  const decoded = vitBlocks(s.at("decoder_blocks"), add(tokens, positions), {
    ...config,
    depth: config.decoderDepth,
    heads: config.decoderHeads,
  });
  const normed = layerNorm(s.at("decoder_norm"), decoded, { epsilon });
  const predicted = linear(s.at("decoder_pred"), normed, patch * patch * CHANNELS);
  return s.tap("pred", cutClassToken(predicted).patches);
}
