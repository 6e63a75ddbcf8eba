/** @file Reference kernels: the same elements in other places. */
import { type Shape, sizeOf } from "../../src/util/nd-array.ts";
import type { Kernel, Kernels } from "./kernel.ts";
import { axisOf, build, commonShape, read, readBroadcast, type Values } from "./values.ts";

/** A shape, or a place in it, with another number on one axis. */
const replaced = (numbers: readonly number[], axis: number, by: number): readonly number[] =>
  numbers.map((number, i) => (i === axis ? by : number));

/** The elements `start` … `start + length` − 1 of one axis. */
const cut = (x: Values, axis: number, start: number, length: number): Values =>
  build(replaced(x.shape, axis, length), (at) =>
    read(x, replaced(at, axis, start + (at[axis] ?? 0))),
  );

const reshape: Kernel = (inputs) => {
  const { shape, data } = inputs.at(0);
  // A 0 in the target stands for the input's own length.
  const target = inputs.list(1).map((length, axis) => (length === 0 ? (shape[axis] ?? 0) : length));
  if (sizeOf(target) !== data.length) {
    throw new RangeError(`Cannot reshape [${shape.join(",")}] to [${target.join(",")}]`);
  }
  return [{ shape: target, data }];
};

const transpose: Kernel = (inputs, attributes) => {
  const x = inputs.at(0);
  const perm = attributes.numbers("perm");
  const shape = perm.map((axis) => x.shape[axis] ?? 0);
  return [
    build(shape, (at) =>
      read(
        x,
        x.shape.map((_, axis) => at[perm.indexOf(axis)] ?? 0),
      ),
    ),
  ];
};

const concat: Kernel = (inputs, attributes) => {
  const axis = axisOf(attributes.number("axis"), inputs.at(0));
  const sources = inputs.all.flatMap((x) =>
    Array.from({ length: x.shape[axis] ?? 0 }, (_, index) => ({ x, index })),
  );
  return [
    build(replaced(inputs.at(0).shape, axis, sources.length), (at) => {
      const { x, index } = sources[at[axis] ?? 0] ?? { x: inputs.at(0), index: 0 };
      return read(x, replaced(at, axis, index));
    }),
  ];
};

const split: Kernel = (inputs, attributes) => {
  const x = inputs.at(0);
  const axis = axisOf(attributes.number("axis", 0), x);
  let start = 0;
  return inputs.list(1).map((length) => {
    const part = cut(x, axis, start, length);
    start += length;
    return part;
  });
};

/** First index, step and number of elements of one axis of a Slice; starts and ends are clamped as the standard says. */
function sliceRange(start: number, end: number, step: number, length: number): readonly number[] {
  const lowest = step < 0 ? -1 : 0;
  const highest = step < 0 ? length - 1 : length;
  const clamp = (i: number): number => Math.min(Math.max(i < 0 ? i + length : i, lowest), highest);
  const [first, last] = [clamp(start), clamp(end)];
  const count = Math.max(0, Math.ceil((last - first) / step));
  return Array.from({ length: count }, (_, i) => first + i * step);
}

const slice: Kernel = (inputs) => {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((position) => inputs.list(position));
  return [
    (axes ?? []).reduce((x, axis, i) => {
      const length = x.shape[axis] ?? 0;
      const kept = sliceRange(starts?.[i] ?? 0, ends?.[i] ?? 0, steps?.[i] ?? 1, length);
      return build(replaced(x.shape, axis, kept.length), (at) =>
        read(x, replaced(at, axis, kept[at[axis] ?? 0] ?? -1)),
      );
    }, inputs.at(0)),
  ];
};

const pad: Kernel = (inputs) => {
  const x = inputs.at(0);
  const rank = x.shape.length;
  const pads = inputs.list(1);
  const shape: Shape = x.shape.map((n, axis) => n + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0));
  return [
    build(shape, (at) => {
      const inner = at.map((i, axis) => i - (pads[axis] ?? 0));
      return inner.every((i, axis) => i >= 0 && i < (x.shape[axis] ?? 0)) ? read(x, inner) : 0;
    }),
  ];
};

const expand: Kernel = (inputs) => {
  const x = inputs.at(0);
  return [build(commonShape([x.shape, inputs.list(1)]), (at) => readBroadcast(x, at))];
};

/** Operators that move elements. */
export const layout: Kernels = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
};
