/** @file Reading and adding at indices: gather and its adjoint, scatter-add, for rows and for single elements. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, type Shape, sameShape, sizeOf } from "../../util/nd-array.ts";
import { apply, constant, defineSingle, type Op, type Tensor } from "../tensor.ts";
import { equal, where } from "./elementwise.ts";
import { reshape, zerosOf } from "./layout.ts";

type Unary = readonly [Tensor];
type Indexed = readonly [Tensor, Tensor];
type Scattered = readonly [Tensor, Tensor, Tensor];
type PaddingIndex = { readonly axis: number; readonly paddingIndex: number | undefined };

function requireIndices(indices: Tensor): void {
  if (indices.dtype !== "i64") {
    throw new ShapeError(`Cannot index by ${describeShape(indices)}: indices must be i64`);
  }
}

/** Rows of a table. The row `paddingIndex`, if there is one, is read but receives no gradient. */
const Gather: Op<Indexed, PaddingIndex, Unary> = defineSingle<Indexed, PaddingIndex>({
  type: "Gather",
  attributes: { axis: "int" },
  infer: ([table, indices]) => {
    requireIndices(indices);
    if (table.shape.length === 0) {
      throw new ShapeError(`Cannot gather rows of ${describeShape(table)}: it has no axes`);
    }
    return { dtype: table.dtype, shape: [...indices.shape, ...table.shape.slice(1)] };
  },
  vjp: (g, _y, [table, indices], { paddingIndex }) => {
    const count = sizeOf(indices.shape);
    const rows = reshape(indices, [count, 1]);
    const updates = reshape(g, [count, ...table.shape.slice(1)]);
    return [
      scatterAddRows(zerosOf(table.shape), rows, withoutPadding(updates, rows, paddingIndex)),
      null,
    ];
  },
});

function withoutPadding(updates: Tensor, rows: Tensor, paddingIndex: number | undefined): Tensor {
  if (paddingIndex === undefined) return updates;
  const padding = constant({
    dtype: "i64",
    shape: [],
    data: BigInt64Array.of(BigInt(paddingIndex)),
  });
  const isPadding = reshape(equal(rows, padding), [
    rows.shape[0] ?? 0,
    ...updates.shape.slice(1).map(() => 1),
  ]);
  return where(isPadding, zerosOf([]), updates);
}

/** table[rows[i]] += updates[i] for row numbers [M, 1] and updates [M, …] */
const ScatterND: Op<Scattered, { reduction: string }, Unary> = defineSingle<
  Scattered,
  { reduction: string }
>({
  type: "ScatterND",
  attributes: { reduction: "string" },
  infer: ([table, rows, updates]) => {
    requireIndices(rows);
    const wanted: Shape = [rows.shape[0] ?? 0, ...table.shape.slice(1)];
    const fits = sameShape(rows.shape, [wanted[0] ?? 0, 1]) && sameShape(updates.shape, wanted);
    if (!fits || updates.dtype !== table.dtype) {
      throw new ShapeError(
        `Cannot add ${describeShape(updates)} to rows ${describeShape(rows)} of ${describeShape(table)}`,
      );
    }
    return { dtype: table.dtype, shape: table.shape };
  },
  vjp: (g, _y, [, rows]) => [g, null, gatherRows(g, reshape(rows, [rows.shape[0] ?? 0]))],
});

type Axis = { readonly axis: number };

/** y[r, j] = x[r, indices[r, j]] for matrices */
const GatherElements: Op<Indexed, Axis, Unary> = defineSingle<Indexed, Axis>({
  type: "GatherElements",
  attributes: { axis: "int" },
  infer: ([x, indices]) => {
    requireIndices(indices);
    if (x.shape.length !== 2 || indices.shape.length !== 2 || x.shape[0] !== indices.shape[0]) {
      throw new ShapeError(
        `Cannot pick ${describeShape(indices)} from the rows of ${describeShape(x)}`,
      );
    }
    return { dtype: x.dtype, shape: indices.shape };
  },
  vjp: (g, _y, [x, indices]) => [scatterAddInRows(zerosOf(x.shape), indices, g), null],
});

/** x[r, indices[r, j]] += updates[r, j] for matrices */
const ScatterElements: Op<Scattered, Axis & { reduction: string }, Unary> = defineSingle<
  Scattered,
  Axis & { reduction: string }
>({
  type: "ScatterElements",
  attributes: { axis: "int", reduction: "string" },
  infer: ([x, indices, updates]) => {
    requireIndices(indices);
    const fits = sameShape(indices.shape, updates.shape) && x.shape[0] === indices.shape[0];
    const areMatrices = x.shape.length === 2 && indices.shape.length === 2;
    if (!fits || !areMatrices || updates.dtype !== x.dtype) {
      throw new ShapeError(
        `Cannot add ${describeShape(updates)} at ${describeShape(indices)} in rows of ${describeShape(x)}`,
      );
    }
    return { dtype: x.dtype, shape: x.shape };
  },
  vjp: (g, _y, [, indices]) => [g, null, pickInRows(g, indices)],
});

/** Rows of `table` [R, …] at `indices` (i64, any shape) → [...indices.shape, …]. */
export const gatherRows = (
  table: Tensor,
  indices: Tensor,
  { paddingIndex }: { readonly paddingIndex?: number } = {},
): Tensor => apply(Gather, [table, indices], { axis: 0, paddingIndex });

/** `table` [R, …] with `updates` [M, …] added at row numbers `rows` [M, 1]; repeated rows add up. */
export const scatterAddRows = (table: Tensor, rows: Tensor, updates: Tensor): Tensor =>
  apply(ScatterND, [table, rows, updates], { reduction: "add" });

/** x[r, indices[r, j]] of a matrix. */
export const pickInRows = (x: Tensor, indices: Tensor): Tensor =>
  apply(GatherElements, [x, indices], { axis: 1 });

/** A matrix with `updates` added at column numbers `indices` of each row. */
export const scatterAddInRows = (x: Tensor, indices: Tensor, updates: Tensor): Tensor =>
  apply(ScatterElements, [x, indices, updates], { axis: 1, reduction: "add" });
