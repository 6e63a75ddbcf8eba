/** @file Which patches the encoder sees (MAE's `random_masking`), drawn on the host. */
import type { NdArray } from "../util/nd-array.ts";

/** A draw of visible patches. */
export interface PatchMasking {
  /** i64 [B, n]: the visible patches, in the order in which the encoder gets them. */
  readonly idsKeep: NdArray<"i64">;
  /** i64 [B, N]: where each patch stands in the shuffled order. */
  readonly idsRestore: NdArray<"i64">;
  /** f32 [B, N]: 0 where visible, 1 where removed. */
  readonly mask: NdArray<"f32">;
}

/**
 * n = ⌊N·(1 − ratio)⌋, of which at least one is left.
 * @throws {RangeError} unless the ratio is in 0 … 1, 1 left out
 */
export function keptPatches(patches: number, maskRatio: number): number {
  if (!(maskRatio >= 0 && maskRatio < 1)) {
    throw new RangeError(
      `Cannot mask patches: the ratio must be at least 0 and less than 1, current value is ${maskRatio}`,
    );
  }
  return Math.max(1, Math.floor(patches * (1 - maskRatio)));
}

/**
 * Sorts patches by their noise, ascending, and keeps the first `kept` (equal noises keep their order).
 * @param noise f32 [B, N], uniform in [0, 1)
 */
export function randomMasking(noise: NdArray<"f32">, kept: number): PatchMasking {
  const [batch = 0, patches = 0] = noise.shape;
  const idsKeep = new BigInt64Array(batch * kept);
  const idsRestore = new BigInt64Array(batch * patches);
  const mask = new Float32Array(batch * patches).fill(1);
  for (let sample = 0; sample < batch; sample++) {
    const start = sample * patches;
    const level = (patch: number): number => noise.data[start + patch] ?? 0;
    const shuffled = Array.from({ length: patches }, (_, i) => i).sort(
      (a, b) => level(a) - level(b),
    );
    for (const [position, patch] of shuffled.entries()) {
      idsRestore[start + patch] = BigInt(position);
      if (position >= kept) continue;
      idsKeep[sample * kept + position] = BigInt(patch);
      mask[start + patch] = 0;
    }
  }
  return {
    idsKeep: { dtype: "i64", shape: [batch, kept], data: idsKeep },
    idsRestore: { dtype: "i64", shape: [batch, patches], data: idsRestore },
    mask: { dtype: "f32", shape: [batch, patches], data: mask },
  };
}
