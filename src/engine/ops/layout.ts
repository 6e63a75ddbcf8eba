/** @file Operators that move elements without changing them, each beside its adjoint: split/concat, pad/slice, expand. */
import { ShapeError } from "../../util/errors.ts";
import {
  describeShape,
  type NdArray,
  ndArray,
  type Shape,
  sameShape,
  sizeOf,
} from "../../util/nd-array.ts";
import { broadcastShapes, normalizeAxis } from "../shapes.ts";
import {
  apply,
  applyAll,
  defineOp,
  defineSingle,
  type Op,
  scalar,
  type Tensor,
} from "../tensor.ts";

type Unary = readonly [Tensor];
const i64 = (values: readonly number[]): NdArray => ndArray("i64", [values.length], values);

/** The same elements in row-major order under another shape. */
const Reshape: Op<Unary, { shape: Shape }, Unary> = defineSingle<Unary, { shape: Shape }>({
  type: "Reshape",
  operands: ({ shape }) => [i64(shape)],
  infer: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x.shape)) {
      throw new ShapeError(
        `Cannot reshape ${describeShape(x)} to [${shape.join(",")}]: sizes differ`,
      );
    }
    return { dtype: x.dtype, shape };
  },
  vjp: (g, _y, [x]) => [reshape(g, x.shape)],
  fold: ([x], { dtype, shape }) => ndArray(dtype, shape, [Number(x?.data[0])]),
});

/** Axes in another order; the adjoint is the inverse order. */
const Transpose: Op<Unary, { perm: readonly number[] }, Unary> = defineSingle<
  Unary,
  { perm: readonly number[] }
>({
  type: "Transpose",
  attributes: { perm: "ints" },
  infer: ([x], { perm }) => {
    if (
      [...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      perm.length !== x.shape.length
    ) {
      throw new ShapeError(`Cannot transpose ${describeShape(x)} by [${perm.join(",")}]`);
    }
    return { dtype: x.dtype, shape: perm.map((axis) => x.shape[axis] ?? 0) };
  },
  vjp: (g, _y, _x, { perm }) => [
    transpose(
      g,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
});

type ConcatAttrs = { readonly axis: number };

/** Tensors one behind the other along an axis. */
const Concat: Op<readonly Tensor[], ConcatAttrs, Unary> = defineSingle<
  readonly Tensor[],
  ConcatAttrs
>({
  type: "Concat",
  attributes: { axis: "int" },
  infer: (parts, { axis }) => {
    const [first] = parts;
    if (first === undefined) throw new ShapeError("Cannot concatenate an empty list of tensors");
    const fits = (part: Tensor): boolean =>
      part.dtype === first.dtype &&
      part.shape.length === first.shape.length &&
      part.shape.every((length, i) => i === axis || length === first.shape[i]);
    if (!parts.every(fits)) {
      throw new ShapeError(
        `Cannot concatenate ${parts.map(describeShape).join(", ")} on axis ${axis}`,
      );
    }
    const length = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
    return { dtype: first.dtype, shape: first.shape.map((n, i) => (i === axis ? length : n)) };
  },
  vjp: (g, _y, parts, { axis }) =>
    split(
      g,
      parts.map((part) => part.shape[axis] ?? 0),
      axis,
    ),
});

type SplitAttrs = { readonly axis: number; readonly sizes: readonly number[] };

/** Cuts a tensor along an axis; a part that nothing flows back from counts as zero. */
const Split: Op<Unary, SplitAttrs, readonly Tensor[]> = defineOp<
  Unary,
  SplitAttrs,
  readonly Tensor[]
>({
  type: "Split",
  attributes: { axis: "int" },
  operands: ({ sizes }) => [i64(sizes)],
  infer: ([x], { axis, sizes }) => {
    if (sizes.reduce((sum, n) => sum + n, 0) !== x.shape[axis]) {
      throw new ShapeError(
        `Cannot split ${describeShape(x)} on axis ${axis} into ${sizes.join(" + ")}`,
      );
    }
    return sizes.map((size) => ({
      dtype: x.dtype,
      shape: x.shape.map((n, i) => (i === axis ? size : n)),
    }));
  },
  vjp: (g, y, _x, { axis }) => {
    const known = g.find((part) => part !== null);
    if (known === undefined || known === null) return [null];
    return [
      concat(
        g.map((part, i) => part ?? zerosOf(y[i]?.shape ?? [])),
        axis,
      ),
    ];
  },
});

type SliceAttrs = {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly steps: readonly number[];
};

/** Elements of an axis: from `start` up to, not including, `end`, every `step`-th of them (all when absent). */
export type Range = readonly [start: number, end: number, step?: number];

/** A range of every axis, each `step`-th element of it; an axis may also be reversed whole (step −1). */
const Slice: Op<Unary, SliceAttrs, Unary> = defineSingle<Unary, SliceAttrs>({
  type: "Slice",
  operands: ({ starts, ends, steps }, [x]) => [
    i64(starts),
    i64(ends),
    i64(x.shape.map((_, axis) => axis)),
    i64(steps),
  ],
  infer: ([x], { starts, ends, steps }) => ({
    dtype: x.dtype,
    shape: x.shape.map((length, axis) =>
      steps[axis] === -1
        ? length
        : Math.ceil(((ends[axis] ?? 0) - (starts[axis] ?? 0)) / (steps[axis] ?? 1)),
    ),
  }),
  vjp: (g, _y, [x], { starts, steps }) => {
    const reversed = steps.flatMap((step, axis) => (step === -1 ? [axis] : []));
    const apart = spread(
      g,
      steps.map((step) => Math.max(step, 1)),
    );
    const whole = pad(
      apart,
      x.shape.map((length, axis) => {
        const before = steps[axis] === -1 ? 0 : (starts[axis] ?? 0);
        return [before, length - before - (apart.shape[axis] ?? 0)];
      }),
    );
    return [reversed.length === 0 ? whole : reverse(whole, reversed)];
  },
});

/** `step` − 1 zeros between the neighbours of every axis; the tensor itself when no step is above 1. */
function spread(x: Tensor, steps: readonly number[]): Tensor {
  const stepOf = (axis: number): number => steps[axis] ?? 1;
  // An axis of n elements becomes two, [n, step], the second with zeros behind its one element, and then one of n · step.
  const split = x.shape.flatMap((length, axis) => (stepOf(axis) > 1 ? [length, 1] : [length]));
  const zeros = x.shape.flatMap((_, axis): (readonly [number, number])[] =>
    stepOf(axis) > 1
      ? [
          [0, 0],
          [0, stepOf(axis) - 1],
        ]
      : [[0, 0]],
  );
  const apart = reshape(
    pad(reshape(x, split), zeros),
    x.shape.map((length, axis) => length * stepOf(axis)),
  );
  return slice(
    apart,
    x.shape.map((length, axis) => [0, Math.max(0, (length - 1) * stepOf(axis) + 1)]),
  );
}

/** Zeros around a tensor: `pads` = all beginnings, then all ends. */
const Pad: Op<Unary, { pads: readonly number[] }, Unary> = defineSingle<
  Unary,
  { pads: readonly number[] }
>({
  type: "Pad",
  operands: ({ pads }) => [i64(pads)],
  infer: ([x], { pads }) => {
    const rank = x.shape.length;
    const shape = x.shape.map((n, axis) => n + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0));
    if (pads.length !== 2 * rank || pads.some((n) => n < 0)) {
      throw new ShapeError(`Cannot pad ${describeShape(x)} by [${pads.join(",")}]`);
    }
    return { dtype: x.dtype, shape };
  },
  vjp: (g, _y, [x], { pads }) => [
    slice(
      g,
      x.shape.map((length, axis) => [pads[axis] ?? 0, (pads[axis] ?? 0) + length]),
    ),
  ],
});

/** Repeats axes of length 1 (and adds leading ones) up to a shape. */
const Expand: Op<Unary, { shape: Shape }, Unary> = defineSingle<Unary, { shape: Shape }>({
  type: "Expand",
  operands: ({ shape }) => [i64(shape)],
  infer: ([x], { shape }) => {
    const whole = broadcastShapes(x.shape, shape);
    if (whole === undefined || whole.some((length, axis) => length !== shape[axis])) {
      throw new ShapeError(`Cannot expand ${describeShape(x)} to [${shape.join(",")}]`);
    }
    return { dtype: x.dtype, shape };
  },
  vjp: (g) => [g], // the walk sums what was repeated
});

/** The same elements under another shape; the tensor itself when it has that shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  x.shape.length === shape.length && x.shape.every((n, i) => n === shape[i])
    ? x
    : apply(Reshape, [x], { shape });

/** Axes in the order `perm`: axis `i` of the result is axis `perm[i]` of the input. */
export const transpose = (x: Tensor, perm: readonly number[]): Tensor =>
  apply(Transpose, [x], { perm });

/** The last two axes exchanged. */
export function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

/** Tensors one behind the other along `axis`. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  return apply(Concat, parts, { axis: normalizeAxis(axis, parts[0]?.shape.length ?? 0) });
}

/** Cuts `x` along `axis` into parts of the given sizes. */
export function split(x: Tensor, sizes: readonly number[], axis: number): readonly Tensor[] {
  return applyAll(Split, [x], { sizes, axis: normalizeAxis(axis, x.shape.length) });
}

/**
 * One `[start, end)` for every axis, with a step where not every element is wanted; the tensor itself when nothing is cut off.
 * @throws {ShapeError} when a range leaves the tensor, or a step is not a whole number of at least 1
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  const inside = x.shape.every((length, axis) => {
    const [start, end, step = 1] = ranges[axis] ?? [-1, -1];
    return start >= 0 && start <= end && end <= length && Number.isInteger(step) && step >= 1;
  });
  if (!inside || ranges.length !== x.shape.length) {
    const text = ranges.map((range) => range.join(":")).join(",");
    throw new ShapeError(`Cannot cut [${text}] out of ${describeShape(x)}`);
  }
  const starts = ranges.map(([start]) => start);
  const ends = ranges.map(([, end]) => end);
  const steps = ranges.map(([, , step = 1]) => step);
  const isWhole = starts.every((start) => start === 0) && steps.every((step) => step === 1);
  if (isWhole && sameShape(ends, x.shape)) return x;
  return apply(Slice, [x], { starts, ends, steps });
}

/** The elements of `axes` in reverse order. */
export function reverse(x: Tensor, axes: readonly number[]): Tensor {
  const reversed = axes.map((axis) => normalizeAxis(axis, x.shape.length));
  const back = x.shape.map((_, axis) => reversed.includes(axis));
  return apply(Slice, [x], {
    starts: back.map((isBack) => (isBack ? -1 : 0)),
    ends: x.shape.map((length, axis) => (back[axis] ? -length - 1 : length)),
    steps: back.map((isBack) => (isBack ? -1 : 1)),
  });
}

/** Zeros around: one `[before, after]` for every axis; the tensor itself when there are none. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[]): Tensor {
  const pads = [...widths.map(([before]) => before), ...widths.map(([, after]) => after)];
  return pads.every((n) => n === 0) ? x : apply(Pad, [x], { pads });
}

/** Repeats axes of length 1 up to `shape`; the tensor itself when it has that shape. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  x.shape.length === shape.length && x.shape.every((length, axis) => length === shape[axis])
    ? x
    : apply(Expand, [x], { shape });
/** A tensor of zeros that takes no space until it is used. */
export const zerosOf = (shape: Shape): Tensor => expand(scalar(0), shape);
