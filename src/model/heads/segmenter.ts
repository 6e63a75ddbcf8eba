/** @file The segmenter (SPEC 4.2): the image encoder without its final norm, a linear map of its patch tokens, and one or more decoders. */
import { concat, reshape, transpose } from "../../engine/ops/layout.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { ConfigError } from "../../util/errors.ts";
import { type EncoderConfig, gridOf } from "../config.ts";
import { cutClassToken, type TokenOptions, vitTokens } from "../vit.ts";
import { segmentationDecoder } from "./segmentation-decoder.ts";

/** What a segmenter is built from. */
export interface SegmenterConfig extends EncoderConfig, Pick<TokenOptions, "positionExponent"> {
  /** What is outlined, one plane of logits each, in this order. */
  readonly classes: readonly string[];
  /** One decoder with a plane for every class, or a decoder for each, whose name then has the class in it. */
  readonly decoders: "shared" | "separate";
  /** Channels behind each of the decoder's steps. There are as many as it takes from patches to pixels: four for patches of 16. */
  readonly decoderWidths: readonly number[];
}

/** How a segmenter runs. */
export interface SegmenterOptions {
  /** Batch normalisation by the batch, whose statistics then move the running ones; else by those. */
  readonly training: boolean;
}

/** The authors' decoder's channels. */
export const DECODER_WIDTHS: readonly number[] = [512, 256, 128, 64];

const ENCODER = "encoder";
/** The map of the tokens stands in the encoder's scope, though it is new and always trained. */
const TOKEN_MAP = "seg_head";

/**
 * Is a parameter one of the encoder's own? They come from pre-training, and do not move when the encoder is frozen; all others
 * are the head's.
 */
export const isSegmenterEncoder = (name: string): boolean =>
  name.startsWith(`${ENCODER}.`) && !name.startsWith(`${ENCODER}.${TOKEN_MAP}.`);

/** Normalised images [B, 3, S, S] → logits [B, C, S, S]. Class token and position table are trained where the encoder is. */
export function segmenter(
  s: Scope,
  image: Tensor,
  config: SegmenterConfig & SegmenterOptions,
): Tensor {
  return segmenterHead(s, segmenterFeatures(s, image, config), config);
}

/** What the head reads: the patch tokens [B, N, D], without the final norm. The class token takes no part. */
export function segmenterFeatures(
  s: Scope,
  image: Tensor,
  config: EncoderConfig & Pick<TokenOptions, "positionExponent">,
): Tensor {
  const encoder = s.at(ENCODER);
  const tokens = vitTokens(encoder, { image }, { ...config, trainsPositions: true }); // [B, 1 + N, D]
  return encoder.tap("features", cutClassToken(tokens).patches);
}

/**
 * Features [B, N, D] → logits [B, C, S, S].
 * @throws {ConfigError} when the decoder's steps do not lead from patches to pixels, or classes are none or not distinct
 */
export function segmenterHead(
  s: Scope,
  features: Tensor,
  config: SegmenterConfig & SegmenterOptions,
): Tensor {
  requireSound(config);
  const { dim, classes, decoders, decoderWidths: widths, training } = config;
  const grid = gridOf(config);
  const [batch = 0] = features.shape;
  const mapped = linear(s.at(ENCODER).at(TOKEN_MAP), features, dim);
  const map = reshape(transpose(mapped, [0, 2, 1]), [batch, dim, grid, grid]);
  if (decoders === "shared")
    return segmentationDecoder(s.at("decoder"), map, { widths, planes: classes.length, training });
  const planes = classes.map((name) =>
    segmentationDecoder(s.at(`decoder_${name}`), map, { widths, planes: 1, training }),
  );
  return concat(planes, 1);
}

function requireSound({ imageSize, patch, classes, decoderWidths }: SegmenterConfig): void {
  if (classes.length === 0 || new Set(classes).size < classes.length) {
    throw new ConfigError(
      `Cannot build a segmenter of the classes [${classes.join(", ")}]: expected one or more, each once`,
    );
  }
  const steps = Math.log2(patch);
  if (decoderWidths.length !== steps) {
    const wanted = Number.isInteger(steps)
      ? `${steps} are expected, each doubling the side`
      : "a patch of 2ⁿ pixels is expected";
    throw new ConfigError(
      `Cannot build a segmenter with ${decoderWidths.length} decoder widths [${decoderWidths.join(", ")}] for patches of ${patch} pixels in an image of ${imageSize}: ${wanted}`,
    );
  }
}
