/** @file Arrays of the reference interpreter: every element type held in doubles, read and written by coordinates. */
import { type NdArray, type Shape, sizeOf, toDoubles } from "../../src/util/nd-array.ts";

/** A dense, row-major array of doubles; what its elements stand for is known to the graph. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** A place in an array: one index for each axis. */
export type Coordinates = readonly number[];

/** An array of any element type as doubles. */
export const valuesOf = (array: NdArray): Values => ({
  shape: array.shape,
  data: toDoubles(array),
});

/** The coordinates of element number `position` in row-major order. */
export function coordinatesOf(position: number, shape: Shape): Coordinates {
  const at = shape.slice();
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] ?? 1;
    at[axis] = rest % length;
    rest = Math.floor(rest / length);
  }
  return at;
}

/** Every place of a shape in row-major order. */
export function everyPlace(shape: Shape): readonly Coordinates[] {
  return Array.from({ length: sizeOf(shape) }, (_, position) => coordinatesOf(position, shape));
}

/** An array whose element at each place is a function of the place. */
export function build(shape: Shape, valueAt: (at: Coordinates) => number): Values {
  const data = new Float64Array(sizeOf(shape));
  for (let position = 0; position < data.length; position++) {
    data[position] = valueAt(coordinatesOf(position, shape));
  }
  return { shape, data };
}

/** Where an element stands in the data. Plain loops here and in `readBroadcast`: every number of every kernel passes through them. */
function offset({ shape }: Values, at: Coordinates): number {
  if (at.length !== shape.length) throw outside(at, shape);
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const [i, length] = [at[axis] ?? -1, shape[axis] ?? 0];
    if (i < 0 || i >= length) throw outside(at, shape);
    position = position * length + i;
  }
  return position;
}

const outside = (at: Coordinates, shape: Shape): RangeError =>
  new RangeError(`Cannot read [${at.join(",")}] of an array [${shape.join(",")}]`);

/** The element at a place. */
export const read = (x: Values, at: Coordinates): number => x.data[offset(x, at)] ?? Number.NaN;

/** Adds to the element at a place. */
export function addAt(x: Values, at: Coordinates, value: number): void {
  const position = offset(x, at);
  x.data[position] = (x.data[position] ?? Number.NaN) + value;
}

/** The element that stands at a place of the shape to which `x` was broadcast. */
export function readBroadcast({ shape, data }: Values, at: Coordinates): number {
  const added = at.length - shape.length; // axes in front that `x` does not have
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis] ?? 0;
    const i = length === 1 ? 0 : (at[added + axis] ?? -1);
    if (i < 0 || i >= length) throw outside(at, shape);
    position = position * length + i;
  }
  return data[position] ?? Number.NaN;
}

/** The shape that all the shapes broadcast to. */
export function commonShape(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const longest = lengths.find((length) => length !== 1) ?? 1;
    if (lengths.some((length) => length !== 1 && length !== longest)) {
      throw new RangeError(
        `Cannot broadcast [${shapes.map((shape) => shape.join(",")).join("] [")}]`,
      );
    }
    return longest;
  });
}

/** An axis counted from the end when negative. */
export const axisOf = (axis: number, { shape }: Values): number =>
  axis < 0 ? axis + shape.length : axis;

/** Σ term(i) for i = 0 … `count` − 1. */
export function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}
