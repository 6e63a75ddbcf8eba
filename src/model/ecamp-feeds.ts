/** @file A batch of pairs from host arrays to the inputs of the pre-training graph. */

import type { NdArray } from "../util/nd-array.ts";
import type { EcampConfig } from "./config.ts";
import { type PatchMasking, randomMasking } from "./random-masking.ts";

/** Super-patches are this many pixels of the big image wide, and a window covers this many of them. */
const SUPER_PATCHES = 14;

/** A batch as the loader makes it. */
export interface HostBatch {
  /** u8 [B, S, S]: grey levels of the big image. */
  readonly image: NdArray<"u8">;
  /** i64 [B, T]: the masked words. */
  readonly ids: NdArray<"i64">;
  /** f32 [B, T]: 1 on real tokens. */
  readonly attentionMask: NdArray<"f32">;
  /** i64 [W]: the places among the B·T tokens whose words are to be found; every place when absent. */
  readonly wordPositions?: NdArray<"i64"> | undefined;
  /** i64 [B, T], or [W] with `wordPositions`: the original words. */
  readonly labels: NdArray<"i64">;
  /** f32, in the shape of `labels`. */
  readonly tokenWeights: NdArray<"f32">;
  /** The top-left corner of each sample's super-resolution window, in super-patches: vertical and horizontal. */
  readonly windowTop: ArrayLike<number>;
  readonly windowLeft: ArrayLike<number>;
  /** f32 [B, N]: uniform noise, by which visible patches are chosen. */
  readonly noise: NdArray<"f32">;
}

/** How a batch becomes inputs. */
export interface FeedOptions {
  readonly config: EcampConfig;
  /** Visible patches of a sample. */
  readonly kept: number;
  /** Super-patches of a window's side; 12 in the paper. */
  readonly window: number;
}

/** The inputs of `ecampInputs` by name, with the choice of patches that they hold. */
export function ecampFeeds(
  batch: HostBatch,
  { config, kept, window }: FeedOptions,
): { readonly feeds: ReadonlyMap<string, NdArray>; readonly masking: PatchMasking } {
  const masking = randomMasking(batch.noise, kept);
  const side = config.bigImageSize;
  const size = batch.image.shape[0] ?? 0;
  const feeds = new Map<string, NdArray>([
    ["image", batch.image],
    ["idsKeep", masking.idsKeep],
    ["idsRestore", masking.idsRestore],
    ["patchMask", masking.mask],
    ["ids", batch.ids],
    ["attentionMask", batch.attentionMask],
    ["labels", batch.labels],
    ["tokenWeights", batch.tokenWeights],
    ["windowRows", windowMask([size, 1, side, 1], batch.windowTop, window)],
    ["windowColumns", windowMask([size, 1, 1, side], batch.windowLeft, window)],
  ]);
  if (batch.wordPositions !== undefined) feeds.set("wordPositions", batch.wordPositions);
  return { feeds, masking };
}

/** 1 where a pixel of one side lies inside the window that starts at `starts[b]` super-patches. */
function windowMask(
  shape: readonly [number, number, number, number],
  starts: ArrayLike<number>,
  window: number,
): NdArray<"f32"> {
  const [batch] = shape;
  const side = Math.max(shape[2], shape[3]);
  const pixels = side / SUPER_PATCHES;
  const data = new Float32Array(batch * side);
  for (let sample = 0; sample < batch; sample++) {
    const start = (starts[sample] ?? 0) * pixels;
    data.fill(1, sample * side + start, sample * side + Math.min(side, start + window * pixels));
  }
  return { dtype: "f32", shape, data };
}
