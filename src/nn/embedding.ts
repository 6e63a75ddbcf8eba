/** @file A table of learned rows. */
import { gatherRows } from "../engine/ops/gather.ts";
import type { Tensor } from "../engine/tensor.ts";
import type { Shape } from "../util/nd-array.ts";
import { normal } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/** The scale of every embedding and token that starts from a normal distribution. */
export const EMBEDDING_STD = 0.02;

/** The table itself, `weight` [rows, width], from N(0, 0.02); the row `zeroRow` starts at 0. */
export function embeddingTable(
  s: Scope,
  shape: Shape,
  { zeroRow }: { readonly zeroRow?: number } = {},
): Tensor {
  const rule = zeroRow === undefined ? { std: EMBEDDING_STD } : { std: EMBEDDING_STD, zeroRow };
  return s.param("weight", shape, normal(rule));
}

/** Rows at `ids` (i64, any shape) → [..., width]. The row `paddingIndex` starts at 0 and receives no gradient. */
export function embedding(
  s: Scope,
  ids: Tensor,
  {
    rows,
    width,
    paddingIndex,
  }: { readonly rows: number; readonly width: number; readonly paddingIndex: number },
): Tensor {
  const table = embeddingTable(s, [rows, width], { zeroRow: paddingIndex });
  return gatherRows(table, ids, { paddingIndex });
}
