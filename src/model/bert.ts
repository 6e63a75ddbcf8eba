/** @file BERT (Devlin et al. 2019): embeddings, the encoder layer and the head for masked words. Names are Hugging Face's. */
import { add, gelu, mul, sub } from "../engine/ops/elementwise.ts";
import { reshape, slice } from "../engine/ops/layout.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import { attend } from "../nn/attention.ts";
import { dropout } from "../nn/dropout.ts";
import { embedding, embeddingTable } from "../nn/embedding.ts";
import { constant, xavierUniform } from "../nn/initializers.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { affine, linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import type { EcampConfig } from "./config.ts";

/** The lowest finite f32: what is added to the score of a padded key. */
const LOWEST = -3.4028234663852886e38;
/** Kinds of text that the embedding knows; reports are all of kind 0. */
const TOKEN_TYPES = 2;
/** The word that fills texts up; its embedding starts at 0. */
export const PAD = 0;

/** Padding as a bias of scores: mask f32 [B, T], 1 on real tokens → [B, 1, 1, T], 0 or the lowest number. */
export function paddingBias(attentionMask: Tensor): Tensor {
  const [batch = 0, tokens = 0] = attentionMask.shape;
  return mul(sub(scalar(1), reshape(attentionMask, [batch, 1, 1, tokens])), scalar(LOWEST));
}

/** word + position + kind → LayerNorm → dropout: ids i64 [B, T] → [B, T, H]. */
export function bertEmbeddings(s: Scope, ids: Tensor, config: EcampConfig): Tensor {
  const { bertDim: width, vocab, positions, bertLayerNormEps: epsilon } = config;
  const tokens = ids.shape[1] ?? 0;
  return s.build(() => {
    const words = embedding(s.at("word_embeddings"), ids, {
      rows: vocab,
      width,
      paddingIndex: PAD,
    });
    const places = embeddingTable(s.at("position_embeddings"), [positions, width]);
    const kinds = embeddingTable(s.at("token_type_embeddings"), [TOKEN_TYPES, width]);
    const place = slice(places, [
      [0, tokens],
      [0, width],
    ]);
    const kind = slice(kinds, [
      [0, 1],
      [0, width],
    ]);
    const normed = layerNorm(s.at("LayerNorm"), add(add(words, kind), place), { epsilon });
    return dropout(s, s.tap("normed", normed), config.dropout);
  });
}

/** LayerNorm(dropout(dense x) + residual): how every half of a BERT layer ends. */
function residualOutput(s: Scope, x: Tensor, residual: Tensor, config: EcampConfig): Tensor {
  const projected = linear(s.at("dense"), x, config.bertDim);
  const kept = dropout(s, projected, config.dropout);
  return layerNorm(s.at("LayerNorm"), add(kept, residual), { epsilon: config.bertLayerNormEps });
}

/** Attention with its three projections, of `query` [B, T, H] to `source` [B, M, H]. */
export function projectedAttention(
  s: Scope,
  {
    query,
    source,
    scoreBias,
  }: { readonly query: Tensor; readonly source: Tensor; readonly scoreBias?: Tensor },
  config: EcampConfig,
): Tensor {
  const { bertDim: width, bertHeads: heads, attentionDropout: dropoutRate } = config;
  const inputs = {
    query: linear(s.at("query"), query, width),
    key: linear(s.at("key"), source, width),
    value: linear(s.at("value"), source, width),
  };
  return attend(s, inputs, { heads, scoreBias, dropoutRate });
}

/** The self-attention half of a layer, post-norm: x [B, T, H]. */
export function selfAttentionBlock(
  s: Scope,
  x: Tensor,
  scoreBias: Tensor,
  config: EcampConfig,
): Tensor {
  const attended = projectedAttention(s.at("self"), { query: x, source: x, scoreBias }, config);
  return residualOutput(s.at("output"), attended, x, config);
}

/** The feed-forward half of a layer, post-norm: names `intermediate` and `output` under the layer's scope. */
export function feedForward(s: Scope, x: Tensor, config: EcampConfig): Tensor {
  const hidden = gelu(linear(s.at("intermediate").at("dense"), x, config.bertMlpDim));
  return residualOutput(s.at("output"), hidden, x, config);
}

/** One encoder layer: x [B, T, H]. */
export function bertLayer(s: Scope, x: Tensor, scoreBias: Tensor, config: EcampConfig): Tensor {
  return feedForward(s, selfAttentionBlock(s.at("attention"), x, scoreBias, config), config);
}

/** The pooler that checkpoints hold and nothing uses: declared so that it is kept. */
export function declarePooler(s: Scope, { bertDim: width }: EcampConfig): void {
  const dense = s.at("dense");
  dense.param("weight", [width, width], xavierUniform(width, width));
  dense.param("bias", [width], constant(0));
}

/**
 * dense → GELU → LayerNorm → words: x [..., H] → logits [..., vocab].
 * @param words the weights [vocab, H] that the head shares with the word embeddings; its own when absent
 */
export function maskedWordHead(
  s: Scope,
  x: Tensor,
  { config, words }: { readonly config: EcampConfig; readonly words?: Tensor },
): Tensor {
  const { bertDim: width, vocab, bertLayerNormEps: epsilon } = config;
  return s.build(() => {
    const transform = s.at("transform");
    const transformed = gelu(linear(transform.at("dense"), x, width));
    const normed = layerNorm(transform.at("LayerNorm"), transformed, { epsilon });
    const own = (): Tensor =>
      s.at("decoder").param("weight", [vocab, width], xavierUniform(width, vocab));
    const bias = s.param("bias", [vocab], constant(0));
    return s.tap("logits", affine(normed, words ?? own(), bias));
  });
}
