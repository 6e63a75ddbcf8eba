/** @file From cross-attention probabilities to a map of the picture. */
import { ExecutionError } from "../util/errors.ts";
import type { NdArray } from "../util/nd-array.ts";

/** Which words of which pair of a batch. */
export interface AttendingWords {
  /** The pair, by its place in the batch. */
  readonly pair: number;
  /** The words, by their places in the text; at least one. */
  readonly tokens: readonly number[];
}

/**
 * The mean of the probabilities over heads and words: [N], which sums to 1. Each word spends the same amount of attention, and so does
 * each head; the mean is what they spend on a patch together, so that the sum over a region is the part of all attention that goes
 * there. (A maximum shows where somebody looks, but says of no region how much is spent in it.)
 * @param probs f32 [B, heads, T, N]
 * @throws {RangeError} when there is no such pair or word
 * @throws {ExecutionError} when a probability is not finite
 */
export function meanAttention(
  { shape, data }: NdArray<"f32">,
  { pair, tokens }: AttendingWords,
): Float64Array {
  const [batch = 0, heads = 0, length = 0, patches = 0] = shape;
  if (!(pair >= 0 && pair < batch) || tokens.length === 0) {
    throw new RangeError(`Cannot average ${tokens.length} words of pair ${pair} of ${batch}`);
  }
  const map = new Float64Array(patches);
  for (let head = 0; head < heads; head++) {
    for (const token of tokens) {
      if (!(token >= 0 && token < length)) {
        throw new RangeError(`Cannot average the attention of word ${token} of ${length}`);
      }
      const start = ((pair * heads + head) * length + token) * patches;
      for (let patch = 0; patch < patches; patch++) {
        map[patch] = (map[patch] ?? 0) + (data[start + patch] ?? 0);
      }
    }
  }
  if (!map.every(Number.isFinite)) {
    throw new ExecutionError(
      "Cannot average attention that is not finite: the model's numbers overflow; the training that wrote it diverged, or its file is damaged",
    );
  }
  return map.map((sum) => sum / (heads * tokens.length));
}
