/** @file Scaled dot-product attention over several heads (Vaswani et al. 2017), without its projections. */
import { add, mul } from "../engine/ops/elementwise.ts";
import { reshape, transpose, transposeLast } from "../engine/ops/layout.ts";
import { matmul } from "../engine/ops/matmul.ts";
import { softmax } from "../engine/ops/reduce.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import { ShapeError } from "../util/errors.ts";
import { describeShape } from "../util/nd-array.ts";
import { dropout } from "./dropout.ts";
import type { Scope } from "./scope.ts";

/** What is attended with and to. */
export interface AttentionInputs {
  /** [B, N, D] */
  readonly query: Tensor;
  /** [B, M, D] */
  readonly key: Tensor;
  /** [B, M, D] */
  readonly value: Tensor;
}

/** How it is attended. */
export interface AttentionOptions {
  readonly heads: number;
  /** Added to the scores, broadcast to [B, h, N, M]: −∞-like where a key is padding. */
  readonly scoreBias?: Tensor | undefined;
  /** Dropout of the probabilities. */
  readonly dropoutRate?: number;
}

/** [B, N, D] → [B, h, N, D/h] */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  if (width % heads !== 0) {
    throw new ShapeError(
      `Cannot split ${describeShape(x)} into ${heads} heads: ${width} is no multiple`,
    );
  }
  return transpose(reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, h, N, D/h] → [B, N, D] */
export function mergeHeads(x: Tensor): Tensor {
  const [batch = 0, heads = 0, tokens = 0, width = 0] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * width]);
}

/** softmax(q·kᵀ/√(D/h) + bias)·v for heads that are split already: [B, h, N, D/h]. Taps `probs` [B, h, N, M]. */
export function attendHeads(
  s: Scope,
  { query, key, value }: AttentionInputs,
  { scoreBias, dropoutRate = 0 }: Omit<AttentionOptions, "heads">,
): Tensor {
  const scale = 1 / Math.sqrt(query.shape.at(-1) ?? 1);
  const scores = mul(matmul(query, transposeLast(key)), scalar(scale)); // [B, h, N, M]
  const probs = s.tap("probs", softmax(scoreBias === undefined ? scores : add(scores, scoreBias)));
  return matmul(dropout(s.at("probs"), probs, dropoutRate), value); // [B, h, N, D/h]
}

/** Attention of `query` to `key` and `value`: → [B, N, D]. */
export function attend(
  s: Scope,
  inputs: AttentionInputs,
  { heads, ...options }: AttentionOptions,
): Tensor {
  return s.build(() => {
    const split = {
      query: splitHeads(inputs.query, heads),
      key: splitHeads(inputs.key, heads),
      value: splitHeads(inputs.value, heads),
    };
    return mergeHeads(attendHeads(s, split, options));
  });
}
