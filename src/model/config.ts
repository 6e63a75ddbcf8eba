/** @file The sizes and architecture options that the networks are built from. */
import type { FrequencyExponent } from "./position-table.ts";

/** Sizes of the image encoder (a ViT). */
export interface EncoderConfig {
  /** Side of the image in pixels. */
  readonly imageSize: number;
  readonly patch: number;
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly layerNormEps: number;
}

/** Everything that the pre-training model is built from (SPEC 3). */
export interface EcampConfig extends EncoderConfig {
  /** Side of the big image: twice `imageSize`. */
  readonly bigImageSize: number;
  readonly decoderDim: number;
  readonly decoderDepth: number;
  readonly decoderHeads: number;
  readonly bertDim: number;
  readonly bertDepth: number;
  readonly bertHeads: number;
  readonly bertMlpDim: number;
  /** Words of the vocabulary. */
  readonly vocab: number;
  /** Rows of the position embedding of the report decoder. */
  readonly positions: number;
  readonly bertLayerNormEps: number;
  /** Dropout of the report decoder's outputs, and of its attention probabilities. */
  readonly dropout: number;
  readonly attentionDropout: number;
  /** Normalisation of grey levels in [0, 1]. */
  readonly mean: number;
  readonly std: number;
  /** Which exponents the position tables are made with; a checkpoint's own tables override them. */
  readonly positionExponent: FrequencyExponent;
  /** Whether super-resolution ends in a ReLU, which makes levels below the mean unreachable. */
  readonly finalRelu: boolean;
  /** Whether the word head reads its weights from the word embeddings. */
  readonly tiedDecoder: boolean;
}

/** Channels of every image: grey levels are repeated. */
export const CHANNELS = 3;

/** Patches along a side of the image. */
export const gridOf = ({ imageSize, patch }: Pick<EncoderConfig, "imageSize" | "patch">): number =>
  imageSize / patch;
