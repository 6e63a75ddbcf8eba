/** @file Reductions over axes, and softmax, the gradient of one of them. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, type NdArray, ndArray } from "../../util/nd-array.ts";
import { normalizeAxis, reducedShape } from "../shapes.ts";
import { apply, defineSingle, type Op, scalar, type Tensor, type TensorType } from "../tensor.ts";
import { exp, mul, sub } from "./elementwise.ts";
import { expand, reshape } from "./layout.ts";

type Unary = readonly [Tensor];
type Axes = { readonly axes: readonly number[]; readonly keepdims: number };
type Reduction = Op<Unary, Axes, Unary>;

const i64 = (values: readonly number[]): NdArray => ndArray("i64", [values.length], values);
const reduced = ([x]: Unary, { axes, keepdims }: Axes): TensorType => ({
  dtype: x.dtype,
  shape: reducedShape(x.shape, axes, keepdims),
});
const common = {
  attributes: { keepdims: "int" },
  operands: ({ axes }: Axes) => [i64(axes)],
  infer: reduced,
} as const;
/** The reduced tensor with its reduced axes back, each of length 1. */
const withAxes = (g: Tensor, [x]: Unary, { axes }: Axes): Tensor =>
  reshape(g, reducedShape(x.shape, axes, 1));

/** Σ x */
const ReduceSum: Reduction = defineSingle<Unary, Axes>({
  type: "ReduceSum",
  ...common,
  vjp: (g, _y, x, attrs) => [expand(withAxes(g, x, attrs), x[0].shape)],
});

/** Σ x / n */
const ReduceMean: Reduction = defineSingle<Unary, Axes>({
  type: "ReduceMean",
  ...common,
  vjp: (g, y, x, attrs) => {
    const share = elements(y) / elements(x[0]);
    return [expand(mul(withAxes(g, x, attrs), scalar(share)), x[0].shape)];
  },
});

/** eˣ / Σ eˣ over one axis; dx = y·(g − Σ g·y) */
const Softmax: Op<Unary, { axis: number }, Unary> = defineSingle<Unary, { axis: number }>({
  type: "Softmax",
  attributes: { axis: "int" },
  infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  vjp: (g, y, _x, { axis }) => [
    mul(y, sub(g, reduceSum(mul(g, y), { axes: [axis], keepDims: true }))),
  ],
});

/** ln Σ eˣ, computed without overflow; d = softmax(x), which is half as large in memory as e^(x − y) and its difference */
const ReduceLogSumExp: Reduction = defineSingle<Unary, Axes>({
  type: "ReduceLogSumExp",
  ...common,
  vjp: (g, y, x, attrs) => {
    const [axis = -1, ...others] = attrs.axes;
    const shares =
      others.length === 0
        ? apply(Softmax, [x[0]], { axis })
        : exp(sub(x[0], withAxes(y, x, attrs)));
    return [mul(shares, withAxes(g, x, attrs))];
  },
});

/** The largest; used to shift exponents, so it has no gradient. */
const ReduceMax: Reduction = defineSingle<Unary, Axes>({ type: "ReduceMax", ...common });

function elements({ shape }: Tensor): number {
  return shape.reduce((n, length) => n * length, 1);
}

/** Which axes to reduce (all when absent), and whether they stay as axes of length 1. */
export interface ReduceOptions {
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

/**
 * One axis after the other, the last first, and a long axis in two halves: ONNX Runtime adds in sequence in f32, so a sum of a
 * million terms in one go loses three digits, while sums of sums of a few dozen keep them.
 */
function reduce(op: Reduction, x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
  const rank = x.shape.length;
  const normal = axes?.map((axis) => normalizeAxis(axis, rank)) ?? x.shape.map((_, axis) => axis);
  if (new Set(normal).size < normal.length) {
    throw new ShapeError(
      `Cannot reduce ${describeShape(x)} over [${axes?.join(",")}]: an axis repeats`,
    );
  }
  const last = [...normal].sort((a, b) => b - a);
  const keepdims = keepDims ? 1 : 0;
  return last.reduce(
    (current, axis) => apply(op, [halved(op, current, axis)], { axes: [axis], keepdims }),
    x,
  );
}

/** Terms that are added in one go without harm. */
const SHORT = 64;

/** A tensor whose long axis is reduced in part already: an axis n = a·b becomes one of length a. */
function halved(op: Reduction, x: Tensor, axis: number): Tensor {
  const length = x.shape[axis] ?? 1;
  const inner = op === ReduceSum || op === ReduceMean ? divisorNearRoot(length) : 1;
  if (length <= SHORT || inner === 1) return x;
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const cut = reshape(x, [...before, length / inner, inner, ...after]);
  return apply(op, [cut], { axes: [axis + 1], keepdims: 0 });
}

/** The largest divisor of a number that is no larger than its root. */
function divisorNearRoot(length: number): number {
  for (let divisor = Math.floor(Math.sqrt(length)); divisor > 1; divisor--) {
    if (length % divisor === 0) return divisor;
  }
  return 1;
}

/** Σ x over axes. */
export const reduceSum = (x: Tensor, options?: ReduceOptions): Tensor =>
  reduce(ReduceSum, x, options);
/** The mean over axes. */
export const reduceMean = (x: Tensor, options?: ReduceOptions): Tensor =>
  reduce(ReduceMean, x, options);
/** ln Σ eˣ over axes. */
export const reduceLogSumExp = (x: Tensor, options?: ReduceOptions): Tensor =>
  reduce(ReduceLogSumExp, x, options);
/** The largest value over axes; no gradient. */
export const reduceMax = (x: Tensor, options?: ReduceOptions): Tensor =>
  reduce(ReduceMax, x, options);
/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => apply(Softmax, [x], { axis: -1 });
