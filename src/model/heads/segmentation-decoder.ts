/** @file The segmenter's decoder (SPEC 4.2): a map of patches up to the size of the image, in steps of two, and a logit for every pixel. */
import { relu } from "../../engine/ops/elementwise.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { convBatchNorm } from "../../nn/batch-norm.ts";
import { conv3x3 } from "../../nn/conv.ts";
import { upsample2 } from "../../nn/resize.ts";
import type { Scope } from "../../nn/scope.ts";

/** What a decoder is built from, and how it runs. */
export interface SegmentationDecoderOptions {
  /** Channels behind each step; every step doubles height and width. */
  readonly widths: readonly number[];
  /** Planes that come out. */
  readonly planes: number;
  /** Batch normalisation by the batch, whose statistics then move the running ones; else by those. */
  readonly training: boolean;
}

/**
 * x [B, D, g, g] → logits [B, planes, g·2ⁿ, g·2ⁿ] for n widths. A step is a 3×3 convolution, batch normalisation, ReLU and
 * bilinear enlargement by the corners. As in the authors' checkpoints, steps are `decoder_1` … and hold `0` and `1`.
 */
export function segmentationDecoder(
  s: Scope,
  x: Tensor,
  { widths, planes, training }: SegmentationDecoderOptions,
): Tensor {
  let current = x;
  for (const [i, channels] of widths.entries()) {
    const step = s.at(`decoder_${i + 1}`);
    const places = { conv: step.at(0), norm: step.at(1) };
    const normalized = convBatchNorm(places, current, { channels, size: 3, training });
    current = upsample2(relu(normalized), { interpolation: "bilinear-aligned" });
  }
  return conv3x3(s.at("final_out"), current, planes);
}
