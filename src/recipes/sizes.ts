/**
 * @file Model sizes as data. `base` is the paper's; `small` and `tiny` are ViT-S and ViT-Ti with the pixel and report
 * decoders narrowed in proportion; `demo` is what a laptop trains in minutes.
 *
 * Heads are 64 wide in the encoder and 32 in the pixel decoder, as in `base` (`demo` has 32 in both). The report decoder's are
 * 128 wide in `base` and 64 in `small` and `tiny`, which would otherwise be left with one to three. Pictures stay at 224 and 448
 * pixels with patches of 16 everywhere: the super-resolution window is defined on that grid of 14 × 14.
 */
import type { ModelSizes } from "./pretrain-config.ts";

const COMMON = {
  imageSize: 224,
  bigImageSize: 448,
  patch: 16,
  mlpRatio: 4,
  dropout: 0.1,
  attentionDropout: 0.1,
  layerNormEps: 1e-6,
  bertLayerNormEps: 1e-12,
} as const;

/** The name of a size. */
export type SizeName = "base" | "small" | "tiny" | "demo";

/** The sizes by name. */
export const SIZES: Readonly<Record<SizeName, ModelSizes>> = {
  base: {
    ...COMMON,
    dim: 768,
    depth: 12,
    heads: 12,
    decoderDim: 512,
    decoderDepth: 4,
    decoderHeads: 16,
    bertDim: 768,
    bertDepth: 6,
    bertHeads: 6,
    bertMlpDim: 1536,
    tokens: 256,
  },
  small: {
    ...COMMON,
    dim: 384,
    depth: 12,
    heads: 6,
    decoderDim: 256,
    decoderDepth: 4,
    decoderHeads: 8,
    bertDim: 384,
    bertDepth: 6,
    bertHeads: 6,
    bertMlpDim: 768,
    tokens: 256,
  },
  tiny: {
    ...COMMON,
    dim: 192,
    depth: 12,
    heads: 3,
    decoderDim: 128,
    decoderDepth: 4,
    decoderHeads: 4,
    bertDim: 192,
    bertDepth: 4,
    bertHeads: 3,
    bertMlpDim: 384,
    tokens: 256,
  },
  demo: {
    ...COMMON,
    dim: 128,
    depth: 4,
    heads: 4,
    decoderDim: 128,
    decoderDepth: 2,
    decoderHeads: 4,
    bertDim: 96,
    bertDepth: 2,
    bertHeads: 3,
    bertMlpDim: 192,
    tokens: 96,
  },
};
