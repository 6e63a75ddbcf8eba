/** @file Conformance cases of the operators that move elements. */
import {
  concat,
  expand,
  pad,
  reshape,
  reverse,
  slice,
  split,
  transpose,
  transposeLast,
} from "../../src/engine/ops/layout.ts";
import type { Shape } from "../../src/util/nd-array.ts";
import { indices, normal } from "../draw.ts";
import { type OpCase, type OpRows, opCase } from "./op-case.ts";

const list = (shape: Shape): string => `[${shape.join(",")}]`;

const reshaping = (from: Shape, to: Shape): OpCase =>
  opCase(`${list(from)} to ${list(to)}`, { x: normal(...from) }, ({ x }) => reshape(x, to));

const transposing = (shape: Shape, perm: Shape): OpCase =>
  opCase(`${list(shape)} by ${list(perm)}`, { x: normal(...shape) }, ({ x }) => transpose(x, perm));

const expanding = (from: Shape, to: Shape): OpCase =>
  opCase(`${list(from)} to ${list(to)}`, { x: normal(...from) }, ({ x }) => expand(x, to));

const reversing = (axes: Shape): OpCase =>
  opCase(`reversed on ${list(axes)}`, { x: normal(2, 3, 4) }, ({ x }) => reverse(x, axes));

/** Rows by operator. */
export const layoutRows: OpRows = {
  Reshape: {
    cases: [
      reshaping([2, 3], [6]),
      reshaping([2, 3], [3, 2]),
      reshaping([2, 6], [2, 1, 2, 3]),
      reshaping([2, 3, 4], [6, 4]),
      reshaping([], [1, 1]),
      reshaping([1, 1], []),
      opCase("i64", { x: indices(9, 2, 3) }, ({ x }) => reshape(x, [3, 2])),
    ],
  },
  Transpose: {
    cases: [
      transposing([2, 3], [1, 0]),
      transposing([2, 3, 4], [2, 0, 1]), // not its own inverse
      transposing([2, 3, 4], [1, 2, 0]),
      transposing([2, 3, 4, 5], [0, 2, 1, 3]),
      transposing([2, 3, 4, 5], [3, 1, 0, 2]),
      opCase("the last two axes", { x: normal(2, 3, 4) }, ({ x }) => transposeLast(x)),
    ],
  },
  Concat: {
    cases: [
      opCase("axis 0", { a: normal(2, 3), b: normal(1, 3) }, ({ a, b }) => concat([a, b], 0)),
      opCase("axis −1", { a: normal(2, 3), b: normal(2, 1) }, ({ a, b }) => concat([a, b], -1)),
      opCase(
        "three on the middle axis",
        { a: normal(2, 1, 3), b: normal(2, 2, 3), c: normal(2, 3, 3) },
        ({ a, b, c }) => concat([a, b, c], 1),
      ),
      opCase("a tensor twice", { a: normal(2, 3) }, ({ a }) => concat([a, a], 0)),
      opCase("one tensor", { a: normal(2, 3) }, ({ a }) => concat([a], 1)),
    ],
  },
  Split: {
    cases: [
      opCase("axis 0", { x: normal(5, 2) }, ({ x }) => split(x, [2, 3], 0)),
      opCase("axis −1 into three", { x: normal(2, 6) }, ({ x }) => split(x, [1, 3, 2], -1)),
      opCase("the middle axis", { x: normal(2, 4, 3) }, ({ x }) => split(x, [1, 3], 1)),
      opCase("first part unused", { x: normal(5, 2) }, ({ x }) => split(x, [2, 3], 0).slice(1)),
      opCase("last part unused", { x: normal(5, 2) }, ({ x }) =>
        split(x, [2, 2, 1], 0).slice(0, 2),
      ),
      opCase("one part", { x: normal(2, 3) }, ({ x }) => split(x, [3], 1)),
    ],
  },
  Slice: {
    cases: [
      opCase("inside", { x: normal(4, 5) }, ({ x }) =>
        slice(x, [
          [1, 3],
          [2, 4],
        ]),
      ),
      opCase("from the start and to the end", { x: normal(4, 5, 2) }, ({ x }) =>
        slice(x, [
          [0, 3],
          [1, 5],
          [0, 2],
        ]),
      ),
      opCase("every second, first and last among them", { x: normal(5, 2) }, ({ x }) =>
        slice(x, [
          [0, 5, 2],
          [0, 2],
        ]),
      ),
      opCase("every second and third, some left over at both ends", { x: normal(6, 9) }, ({ x }) =>
        slice(x, [
          [1, 6, 2],
          [1, 9, 3],
        ]),
      ),
      opCase("a step longer than the range", { x: normal(4, 3) }, ({ x }) =>
        slice(x, [
          [2, 4, 5],
          [0, 3],
        ]),
      ),
      opCase("a step on an axis of one", { x: normal(1, 4) }, ({ x }) =>
        slice(x, [
          [0, 1, 2],
          [0, 4, 2],
        ]),
      ),
      reversing([0]),
      reversing([1, 2]),
      reversing([0, 1, 2]),
      reversing([-1]),
    ],
  },
  Pad: {
    cases: [
      opCase("all sides", { x: normal(2, 3) }, ({ x }) =>
        pad(x, [
          [1, 1],
          [2, 2],
        ]),
      ),
      opCase("uneven", { x: normal(2, 3, 2) }, ({ x }) =>
        pad(x, [
          [0, 2],
          [1, 0],
          [0, 0],
        ]),
      ),
    ],
  },
  Expand: {
    cases: [
      expanding([], [2, 3]),
      expanding([3], [2, 3]),
      expanding([2, 1], [2, 3]),
      expanding([1, 3, 1], [2, 3, 4]),
      expanding([1, 1], [4, 2, 1, 3]),
    ],
  },
};
