/** @file The smallest pre-training model that has every part: for tests that run it many times. */
import type { EcampConfig } from "../src/model/config.ts";

/** Four patches of 2 × 2 pixels, two heads everywhere, eleven words; no dropout. */
export const NANO: EcampConfig = {
  imageSize: 4,
  bigImageSize: 8,
  patch: 2,
  dim: 8,
  depth: 1,
  heads: 2,
  mlpRatio: 1.5,
  layerNormEps: 1e-6,
  decoderDim: 4,
  decoderDepth: 1,
  decoderHeads: 2,
  bertDim: 6,
  bertDepth: 1,
  bertHeads: 2,
  bertMlpDim: 5,
  vocab: 11,
  positions: 6,
  bertLayerNormEps: 1e-12,
  dropout: 0,
  attentionDropout: 0,
  mean: 0.4,
  std: 0.25,
  positionExponent: "k/(2d)",
  finalRelu: true,
  tiedDecoder: false,
};
