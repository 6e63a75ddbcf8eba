/** @file The vision transformer (Dosovitskiy et al. 2021): its block, which both image networks are made of, and the image encoder. */
import { add, gelu } from "../engine/ops/elementwise.ts";
import { gatherRows } from "../engine/ops/gather.ts";
import { concat, expand, reshape, slice, split, transpose } from "../engine/ops/layout.ts";
import { constant, type Tensor } from "../engine/tensor.ts";
import { attendHeads, mergeHeads } from "../nn/attention.ts";
import { dropPath, dropPathRates } from "../nn/drop-path.ts";
import { EMBEDDING_STD } from "../nn/embedding.ts";
import { convDefaultUniform, normal, table, xavierUniform } from "../nn/initializers.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { affine, linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import type { NdArray } from "../util/nd-array.ts";
import { CHANNELS, type EncoderConfig, gridOf } from "./config.ts";
import { patchify } from "./patches.ts";
import { type FrequencyExponent, positionTable } from "./position-table.ts";

/** Heads, hidden width (as a multiple of the width) and LayerNorm's ε of a block. */
export interface BlockOptions {
  readonly heads: number;
  readonly mlpRatio: number;
  readonly layerNormEps: number;
  /** How often a sample goes without a branch, in training. Default 0. */
  readonly dropPath?: number;
}

/** Pre-norm transformer block: x + attn(norm1 x), then x + mlp(norm2 x); x [B, N, D]. */
export function vitBlock(
  s: Scope,
  x: Tensor,
  { heads, mlpRatio, layerNormEps: epsilon, dropPath: rate = 0 }: BlockOptions,
): Tensor {
  const attention = selfAttention(s.at("attn"), layerNorm(s.at("norm1"), x, { epsilon }), heads);
  const attended = add(x, dropPath(s.at("attn"), attention, rate));
  const hidden = (x.shape.at(-1) ?? 0) * mlpRatio;
  const mapped = mlp(s.at("mlp"), layerNorm(s.at("norm2"), attended, { epsilon }), hidden);
  return add(attended, dropPath(s.at("mlp"), mapped, rate));
}

function selfAttention(s: Scope, x: Tensor, heads: number): Tensor {
  return s.build(() => {
    const [batch = 0, tokens = 0, width = 0] = x.shape;
    const qkv = reshape(linear(s.at("qkv"), x, 3 * width), [
      batch,
      tokens,
      3,
      heads,
      width / heads,
    ]);
    const parts = split(transpose(qkv, [2, 0, 3, 1, 4]), [1, 1, 1], 0); // 3 × [1, B, h, N, D/h]
    const [query = x, key = x, value = x] = parts.map((part) => reshape(part, part.shape.slice(1)));
    return linear(s.at("proj"), mergeHeads(attendHeads(s, { query, key, value }, {})), width);
  });
}

function mlp(s: Scope, x: Tensor, hidden: number): Tensor {
  return linear(s.at("fc2"), gelu(linear(s.at("fc1"), x, hidden)), x.shape.at(-1) ?? 0);
}

/** Blocks 0 … depth − 1 of a scope. `dropPath` is that of the last block; it rises linearly from 0 in the first. */
export function vitBlocks(
  s: Scope,
  x: Tensor,
  { depth, dropPath: last = 0, ...options }: BlockOptions & { readonly depth: number },
): Tensor {
  let current = x;
  for (const [i, rate] of dropPathRates(depth, last).entries()) {
    current = vitBlock(s.at(i), current, { ...options, dropPath: rate });
  }
  return current;
}

/** A sine–cosine table as a parameter [1, 1 + N, D], which is stored, and trained only if that is said. */
export function positionParameter(
  s: Scope,
  name: string,
  {
    grid,
    width,
    exponent,
    trainable = false,
  }: {
    readonly grid: number;
    readonly width: number;
    readonly exponent: FrequencyExponent;
    readonly trainable?: boolean;
  },
): Tensor {
  const values: NdArray<"f32"> = positionTable({ grid, width, exponent });
  return s.param(name, [1, 1 + grid * grid, width], table(values), { trainable });
}

/** What the encoder is given. */
export interface EncoderInputs {
  /** Normalised images [B, 3, H, W]. */
  readonly image: Tensor;
  /** i64 [B, n]: the patches to keep, in order; all of them when absent. */
  readonly idsKeep?: Tensor;
}

/** What the position table is, and how the blocks are trained. */
export interface TokenOptions extends Pick<BlockOptions, "dropPath"> {
  /** The exponents that the table is made with. */
  readonly positionExponent: FrequencyExponent;
  /** Is the table trained? Default false. */
  readonly trainsPositions?: boolean;
}

/** The blocks' output through `norm`: the latent [B, 1 + n, D] (SPEC 3.1). */
export function vitEncoder(
  s: Scope,
  inputs: EncoderInputs,
  config: EncoderConfig & TokenOptions,
): Tensor {
  const { layerNormEps: epsilon } = config;
  return s.tap("latent", layerNorm(s.at("norm"), vitTokens(s, inputs, config), { epsilon }));
}

/**
 * Patches → embedding + position → class token in front → blocks: [B, 1 + n, D].
 * Patches are chosen before they are embedded: the same result as after, for a quarter of the work.
 */
export function vitTokens(
  s: Scope,
  { image, idsKeep }: EncoderInputs,
  config: EncoderConfig & TokenOptions,
): Tensor {
  const { patch, dim, positionExponent: exponent, trainsPositions: trainable = false } = config;
  const grid = gridOf(config);
  const positions = positionParameter(s, "pos_embed", { grid, width: dim, exponent, trainable });
  const [classPosition, patchPositions] = split(positions, [1, grid * grid], 1);
  const patches = patchify(image, patch, "channel-row-column"); // [B, N, 3·p²]
  const [batch = 0, count = 0] = patches.shape;
  const chosen = idsKeep === undefined ? patches : chooseTokens(patches, idsKeep);
  const embedded = patchEmbedding(s.at("patch_embed").at("proj"), chosen, { dim, patch }); // [B, n, D]
  const where =
    idsKeep === undefined || patchPositions === undefined
      ? (patchPositions ?? positions)
      : gatherRows(reshape(patchPositions, [count, dim]), idsKeep);
  const classToken = s.param("cls_token", [1, 1, dim], normal({ std: EMBEDDING_STD }));
  const first = expand(add(classToken, classPosition ?? positions), [batch, 1, dim]);
  const tokens = concat([first, add(embedded, where)], 1); // [B, 1 + n, D]
  return vitBlocks(s.at("blocks"), tokens, config);
}

/** The patch convolution as a product: its weight keeps the convolution's shape [D, 3, p, p]. */
function patchEmbedding(
  s: Scope,
  patches: Tensor,
  { dim, patch }: { readonly dim: number; readonly patch: number },
): Tensor {
  const inputs = CHANNELS * patch * patch;
  const weight = s.param("weight", [dim, CHANNELS, patch, patch], xavierUniform(inputs, dim));
  const bias = s.param("bias", [dim], convDefaultUniform(inputs));
  return s.build(() => affine(patches, reshape(weight, [dim, inputs]), bias));
}

/** Tokens of x [B, N, D] at ids i64 [B, n] → [B, n, D]. */
export function chooseTokens(x: Tensor, ids: Tensor): Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  const offsets = BigInt64Array.from({ length: batch }, (_, sample) => BigInt(sample * tokens));
  const rows = add(ids, constant({ dtype: "i64", shape: [batch, 1], data: offsets }));
  return gatherRows(reshape(x, [batch * tokens, width]), rows);
}

/** x [B, 1 + N, D] cut into the class token [B, 1, D] and the patch tokens [B, N, D]. */
export function cutClassToken(x: Tensor): {
  readonly classToken: Tensor;
  readonly patches: Tensor;
} {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  return {
    classToken: slice(x, [
      [0, batch],
      [0, 1],
      [0, width],
    ]),
    patches: slice(x, [
      [0, batch],
      [1, tokens],
      [0, width],
    ]),
  };
}
