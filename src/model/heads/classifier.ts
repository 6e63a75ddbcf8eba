/** @file The classifier (SPEC 4.1): the image encoder without its final norm, the mean of the patch tokens, a norm, a linear head. */
import { reduceMean } from "../../engine/ops/reduce.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { normal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { EncoderConfig } from "../config.ts";
import { cutClassToken, type TokenOptions, vitTokens } from "../vit.ts";

/** What a classifier is built from. */
export interface ClassifierConfig extends EncoderConfig, Pick<TokenOptions, "positionExponent"> {
  /** Logits. */
  readonly classes: number;
}

/** How a classifier runs. */
export interface ClassifierOptions {
  /** The rate of stochastic depth in the last block, rising linearly from 0; 0 outside training. */
  readonly dropPath: number;
}

/** The head's weights start this small, so that every class starts at even odds. */
const HEAD_STD = 2e-5;

/** Normalised images [B, 3, H, W] → logits [B, classes]. Class token and position table are trained too. */
export function classifier(
  s: Scope,
  image: Tensor,
  { classes, ...config }: ClassifierConfig & ClassifierOptions,
): Tensor {
  return classifierHead(s, classifierFeatures(s, image, config), classes);
}

/** What the head reads: the mean over the patch tokens, through `fc_norm`, [B, D]. The class token takes no part. */
export function classifierFeatures(
  s: Scope,
  image: Tensor,
  config: Omit<ClassifierConfig, "classes"> & ClassifierOptions,
): Tensor {
  const tokens = vitTokens(s, { image }, { ...config, trainsPositions: true }); // [B, 1 + N, D]
  const pooled = reduceMean(cutClassToken(tokens).patches, { axes: [1] }); // [B, D]
  return s.tap("features", layerNorm(s.at("fc_norm"), pooled, { epsilon: config.layerNormEps }));
}

/** Features [B, D] → logits [B, classes]. */
export function classifierHead(s: Scope, features: Tensor, classes: number): Tensor {
  return linear(s.at("head"), features, classes, { initializer: normal({ std: HEAD_STD }) });
}
