/** @file Reading and adding at indices: gather and its adjoint, scatter-add, for rows and for single elements. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, sameShape, sizeOf } from "../../util/nd-array.ts";
import { apply, constant, defineSingle, type Op, type Tensor } from "../tensor.ts";
import { equal, where } from "./elementwise.ts";
import { expand, reshape, zerosOf } from "./layout.ts";

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

type Axis = { readonly axis: number };

/** Do the indices lie in a matrix that is as long as `x` on the axis that they do not run along? */
function fitAlong({ axis }: Axis, x: Tensor, indices: Tensor): boolean {
  const other = 1 - axis;
  const areMatrices = x.shape.length === 2 && indices.shape.length === 2;
  return areMatrices && x.shape[other] === indices.shape[other];
}

const linesOf = ({ axis }: Axis): string => (axis === 1 ? "rows" : "columns");

/** Of matrices: y[r, j] = x[r, indices[r, j]] along axis 1, y[i, c] = x[indices[i, c], c] along axis 0. */
const GatherElements: Op<Indexed, Axis, Unary> = defineSingle<Indexed, Axis>({
  type: "GatherElements",
  attributes: { axis: "int" },
  infer: ([x, indices], along) => {
    requireIndices(indices);
    if (!fitAlong(along, x, indices)) {
      throw new ShapeError(
        `Cannot pick ${describeShape(indices)} from the ${linesOf(along)} of ${describeShape(x)}`,
      );
    }
    return { dtype: x.dtype, shape: indices.shape };
  },
  vjp: (g, _y, [x, indices], along) => [scatterAdd(zerosOf(x.shape), indices, g, along), null],
});

/**
 * Of matrices: x[r, indices[r, j]] += updates[r, j] along axis 1, x[indices[i, c], c] += updates[i, c] along axis 0.
 *
 * Why not ScatterND: ONNX Runtime's runs in parallel over the updates, and those of one row then overwrite each other, so that
 * sums come out wrong with two threads. This one adds in sequence.
 */
const ScatterElements: Op<Scattered, Axis & { reduction: string }, Unary> = defineSingle<
  Scattered,
  Axis & { reduction: string }
>({
  type: "ScatterElements",
  attributes: { axis: "int", reduction: "string" },
  infer: ([x, indices, updates], along) => {
    requireIndices(indices);
    const fits = fitAlong(along, x, indices) && sameShape(indices.shape, updates.shape);
    if (!fits || updates.dtype !== x.dtype) {
      throw new ShapeError(
        `Cannot add ${describeShape(updates)} at ${describeShape(indices)} in ${linesOf(along)} of ${describeShape(x)}`,
      );
    }
    return { dtype: x.dtype, shape: x.shape };
  },
  vjp: (g, _y, [, indices], { axis }) => [g, null, apply(GatherElements, [g, indices], { axis })],
});

const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, { axis }: Axis): Tensor =>
  apply(ScatterElements, [x, indices, updates], { axis, reduction: "add" });

/** Rows of `table` [R, …] at `indices` (i64, any shape) → [...indices.shape, …]. */
export const gatherRows = (
  table: Tensor,
  indices: Tensor,
  { paddingIndex }: { readonly paddingIndex?: number } = {},
): Tensor => apply(Gather, [table, indices], { axis: 0, paddingIndex });

/** `table` [R, …] with `updates` [M, …] added at row numbers `rows` [M, 1]; repeated rows add up. */
export function scatterAddRows(table: Tensor, rows: Tensor, updates: Tensor): Tensor {
  const [height = 0, ...row] = table.shape;
  const [count = 0] = rows.shape;
  if (!sameShape(rows.shape, [count, 1]) || !sameShape(updates.shape, [count, ...row])) {
    throw new ShapeError(
      `Cannot add ${describeShape(updates)} to rows ${describeShape(rows)} of ${describeShape(table)}`,
    );
  }
  const width = sizeOf(row);
  const matrix = reshape(table, [height, width]);
  const everywhere = expand(rows, [count, width]);
  const sums = scatterAdd(matrix, everywhere, reshape(updates, [count, width]), { axis: 0 });
  return reshape(sums, table.shape);
}

/** x[r, indices[r, j]] of a matrix. */
export const pickInRows = (x: Tensor, indices: Tensor): Tensor =>
  apply(GatherElements, [x, indices], { axis: 1 });

/** A matrix with `updates` added at column numbers `indices` of each row. */
export const scatterAddInRows = (x: Tensor, indices: Tensor, updates: Tensor): Tensor =>
  scatterAdd(x, indices, updates, { axis: 1 });
