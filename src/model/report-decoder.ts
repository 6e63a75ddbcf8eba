/** @file The report decoder with multi-scale context fusion (SPEC 3.4): masked words from text and image together. */
import { add } from "../engine/ops/elementwise.ts";
import { gatherRows } from "../engine/ops/gather.ts";
import { reshape } from "../engine/ops/layout.ts";
import { reduceMean } from "../engine/ops/reduce.ts";
import type { Tensor } from "../engine/tensor.ts";
import { dropout } from "../nn/dropout.ts";
import { embeddingTable } from "../nn/embedding.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import {
  bertEmbeddings,
  bertLayer,
  declarePooler,
  feedForward,
  maskedWordHead,
  PAD,
  paddingBias,
  projectedAttention,
  selfAttentionBlock,
} from "./bert.ts";
import type { EcampConfig } from "./config.ts";
import { cutClassToken } from "./vit.ts";

/** What the report decoder is given. */
export interface ReportInputs {
  /** i64 [B, T]: the masked ids. */
  readonly ids: Tensor;
  /** f32 [B, T]: 1 on real tokens, 0 on padding. */
  readonly attentionMask: Tensor;
  /** [B, 1 + n, D]: the image encoder's output. */
  readonly latent: Tensor;
  /** i64 [W]: the places among the B·T tokens whose words are to be found; every place when absent. */
  readonly wordPositions?: Tensor;
}

/** Logits of the words of every place [B, T, vocab], or of the chosen places [W, vocab]. */
export function reportDecoder(s: Scope, inputs: ReportInputs, config: EcampConfig): Tensor {
  const image = cutClassToken(linear(s.at("bert_mlp"), inputs.latent, config.bertDim)).patches; // [B, n, H]
  const gap = s.tap("gap", reduceMean(image, { axes: [1], keepDims: true })); // [B, 1, H]
  const model = s.at("bert_encoder").at("model");
  const bert = model.at("bert");
  const scoreBias = paddingBias(inputs.attentionMask);
  const embedded = bertEmbeddings(bert.at("embeddings"), inputs.ids, config); // [B, T, H]
  let text = contextFusion(
    bert.at("context_fusion_layer"),
    { text: embedded, image, gap, scoreBias },
    config,
  );
  for (let i = 0; i < config.bertDepth; i++) {
    text = bertLayer(bert.at("encoder").at("layer").at(i), text, scoreBias, config);
  }
  declarePooler(bert.at("pooler"), config);
  const { wordPositions } = inputs;
  const found = wordPositions === undefined ? text : tokensAt(text, wordPositions);
  const { tiedDecoder, vocab, bertDim } = config;
  const table = bert.at("embeddings").at("word_embeddings");
  return maskedWordHead(model.at("cls").at("predictions"), found, {
    config,
    ...(tiedDecoder && { words: embeddingTable(table, [vocab, bertDim], { zeroRow: PAD }) }),
  });
}

/** Tokens of x [B, T, H] at places i64 [W] among all of them → [W, H]. */
function tokensAt(x: Tensor, places: Tensor): Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  return gatherRows(reshape(x, [batch * tokens, width]), places);
}

interface FusionInputs {
  /** [B, T, H] */
  readonly text: Tensor;
  /** [B, n, H] */
  readonly image: Tensor;
  /** [B, 1, H] */
  readonly gap: Tensor;
  /** [B, 1, 1, T] */
  readonly scoreBias: Tensor;
}

/**
 * The fusion layer: text attends to itself, then to the image's patches (local context); the mean patch (global context)
 * is added before the projection. → [B, T, H]
 */
function contextFusion(
  s: Scope,
  { text, image, gap, scoreBias }: FusionInputs,
  config: EcampConfig,
): Tensor {
  const { bertDim: width, bertLayerNormEps: epsilon } = config;
  const attended = selfAttentionBlock(s.at("attention"), text, scoreBias, config);
  const local = projectedAttention(
    s.at("cross_self_attention"),
    { query: attended, source: image },
    config,
  );
  const global = linear(s.at("gap_mlp"), gap, width); // [B, 1, H]
  const out = s.at("out_layer");
  const projected = dropout(
    out,
    linear(out.at("dense"), add(local, global), width),
    config.dropout,
  );
  const fused = layerNorm(out.at("LayerNorm"), add(projected, attended), { epsilon });
  return s.tap("output", feedForward(s, fused, config));
}
