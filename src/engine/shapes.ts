/** @file Shape arithmetic shared by the operators: broadcasting, axes, reductions. */
import { ShapeError } from "../util/errors.ts";
import { describeShape, type Shape } from "../util/nd-array.ts";
import type { Tensor, TensorType } from "./tensor.ts";

/** A negative axis counted from the end, as ONNX and NumPy do. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new ShapeError(`Cannot use axis ${axis}: the tensor has ${rank} axes`);
  }
  return normal;
}

/** The common shape of two shapes under NumPy's broadcasting; undefined when there is none. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const x = a[a.length - rank + axis] ?? 1;
    const y = b[b.length - rank + axis] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** Shape rule of element-wise operators with two inputs. */
export function broadcastTypes(verb: string, a: Tensor, b: Tensor): TensorType {
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined || a.dtype !== b.dtype) {
    const reason = shape === undefined ? "the shapes do not broadcast" : "the element types differ";
    throw new ShapeError(`Cannot ${verb} ${describeShape(a)} and ${describeShape(b)}: ${reason}`);
  }
  return { dtype: a.dtype, shape };
}

/** The axes along which `from` was repeated to become `to`; with leading axes counted in `to`. */
export function broadcastAxes(from: Shape, to: Shape): readonly number[] {
  const lead = to.length - from.length;
  return to.flatMap((length, axis) => {
    const original = axis < lead ? undefined : from[axis - lead];
    return original === undefined || (original === 1 && length !== 1) ? [axis] : [];
  });
}

/** The shape after reducing `axes`; reduced axes stay with length 1 when `keepDims`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: number): Shape {
  return shape.flatMap((length, axis) =>
    axes.includes(axis) ? (keepDims === 1 ? [1] : []) : [length],
  );
}
