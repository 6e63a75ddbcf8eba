/** @file Images as rows of patches, and back. */
import { reshape, transpose } from "../engine/ops/layout.ts";
import type { Tensor } from "../engine/tensor.ts";
import { ShapeError } from "../util/errors.ts";
import { describeShape } from "../util/nd-array.ts";

/** The order of a patch's elements: as a convolution's weight has them, or as the pixel decoder predicts them. */
export type PatchOrder = "channel-row-column" | "row-column-channel";

/**
 * Images [B, C, H, W] → patches [B, N, C·patch²], N row-major.
 * @throws {ShapeError} when a side is no multiple of the patch
 */
export function patchify(image: Tensor, patch: number, order: PatchOrder): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = image.shape;
  const [rows, columns] = [height / patch, width / patch];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new ShapeError(
      `Cannot cut ${describeShape(image)} into patches of ${patch} × ${patch}: a side is no multiple of ${patch}`,
    );
  }
  const cut = reshape(image, [batch, channels, rows, patch, columns, patch]); // [B, C, r, p, c, q]
  const perm = order === "channel-row-column" ? [0, 2, 4, 1, 3, 5] : [0, 2, 4, 3, 5, 1];
  return reshape(transpose(cut, perm), [batch, rows * columns, channels * patch * patch]);
}

/** Patches [B, N, patch²·C] in the order row, column, channel → images [B, C, H, W] (MAE's `unpatchify`). */
export function unpatchify(
  patches: Tensor,
  { patch, channels }: { readonly patch: number; readonly channels: number },
): Tensor {
  const [batch = 0, count = 0] = patches.shape;
  const grid = Math.round(Math.sqrt(count));
  const cut = reshape(patches, [batch, grid, grid, patch, patch, channels]); // [B, r, c, p, q, C]
  const image = transpose(cut, [0, 5, 1, 3, 2, 4]); // [B, C, r, p, c, q]
  return reshape(image, [batch, channels, grid * patch, grid * patch]);
}
