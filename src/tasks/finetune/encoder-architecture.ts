/** @file What an image encoder is, beside its parameters. */
import type { EncoderConfig } from "../../model/config.ts";
import type { FrequencyExponent } from "../../model/position-table.ts";

/** An encoder's architecture: its sizes and the exponents that its position table is drawn with. */
export interface EncoderArchitecture extends EncoderConfig {
  readonly positionExponent: FrequencyExponent;
}

/** An architecture's fields alone, in one order: files tell them as text, and equal models shall have equal files, however their encoder was found. */
export function inOrder(found: EncoderArchitecture): EncoderArchitecture {
  const { imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, positionExponent } = found;
  return { imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, positionExponent };
}
