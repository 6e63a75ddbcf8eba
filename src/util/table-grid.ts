/** @file The grid of patches that a position table is for. */
import type { Shape } from "./nd-array.ts";

/** Patches along a side, of a table [1, 1 + grid², width]: a row for the class token and one for each patch; undefined for any other shape. */
export function tableGrid(shape: Shape): number | undefined {
  const [batch, rows = 0] = shape;
  const grid = Math.sqrt(rows - 1);
  const isTable = shape.length === 3 && batch === 1 && Number.isInteger(grid) && grid > 0;
  return isTable ? grid : undefined;
}
