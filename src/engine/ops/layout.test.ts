import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../../../test/reference/interpreter.ts";
import { ShapeError } from "../../util/errors.ts";
import { ndArray } from "../../util/nd-array.ts";
import { buildGraph } from "../graph.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import {
  concat,
  expand,
  pad,
  type Range,
  reshape,
  reverse,
  slice,
  split,
  transpose,
  transposeLast,
  zerosOf,
} from "./layout.ts";

const x = input("x", "f32", [2, 3]);
const counted = constant(ndArray("f32", [2, 3], [0, 1, 2, 3, 4, 5]));

const elements = (y: Tensor): readonly number[] => [
  ...(interpret(buildGraph({ y }), new Map()).get("y")?.data ?? []),
];

describe("layout functions", () => {
  test("are the tensor itself where nothing changes", () => {
    assert.equal(reshape(x, [2, 3]), x);
    assert.equal(expand(x, [2, 3]), x);
    assert.equal(
      pad(x, [
        [0, 0],
        [0, 0],
      ]),
      x,
    );
    assert.equal(
      slice(x, [
        [0, 2],
        [0, 3],
      ]),
      x,
    );
  });

  test("say what does not fit, and why", () => {
    const cases = [
      [() => reshape(x, [4]), "Cannot reshape f32[2,3] to [4]: sizes differ"],
      [() => transpose(x, [0, 0]), "Cannot transpose f32[2,3] by [0,0]"],
      [() => transpose(x, [0]), "Cannot transpose f32[2,3] by [0]"],
      [() => concat([], 0), "Cannot use axis 0: the tensor has 0 axes"],
      [
        () => concat([x, input("y", "f32", [2, 2])], 0),
        "Cannot concatenate f32[2,3], f32[2,2] on axis 0",
      ],
      [
        () => concat([x, input("y", "i64", [2, 3])], 0),
        "Cannot concatenate f32[2,3], i64[2,3] on axis 0",
      ],
      [() => concat([x], 2), "Cannot use axis 2: the tensor has 2 axes"],
      [() => split(x, [1, 1], 1), "Cannot split f32[2,3] on axis 1 into 1 + 1"],
      [() => slice(x, [[0, 2]]), "Cannot cut [0:2] out of f32[2,3]"],
      [
        () =>
          slice(x, [
            [0, 2],
            [1, 4],
          ]),
        "Cannot cut [0:2,1:4] out of f32[2,3]",
      ],
      [
        () =>
          slice(x, [
            [0, 2],
            [2, 1],
          ]),
        "Cannot cut [0:2,2:1] out of f32[2,3]",
      ],
      [
        () =>
          slice(x, [
            [0, 2],
            [0, 3, 0],
          ]),
        "Cannot cut [0:2,0:3:0] out of f32[2,3]",
      ],
      [
        () =>
          slice(x, [
            [0, 2, 1.5],
            [0, 3],
          ]),
        "Cannot cut [0:2:1.5,0:3] out of f32[2,3]",
      ],
      [
        () =>
          pad(x, [
            [-1, 0],
            [0, 0],
          ]),
        "Cannot pad f32[2,3] by [-1,0,0,0]",
      ],
      [() => pad(x, [[1, 0]]), "Cannot pad f32[2,3] by [1,0]"],
      [() => expand(x, [2, 4]), "Cannot expand f32[2,3] to [2,4]"],
      [() => expand(x, [3]), "Cannot expand f32[2,3] to [3]"],
      [() => reverse(x, [2]), "Cannot use axis 2: the tensor has 2 axes"],
    ] as const;
    for (const [build, message] of cases) assert.throws(build, new ShapeError(message));
  });
});

describe("transpose()", () => {
  test("makes axis i of the result from axis perm[i]", () => {
    assert.deepEqual(transpose(input("t", "f32", [2, 3, 4]), [2, 0, 1]).shape, [4, 2, 3]);
    assert.deepEqual(elements(transpose(counted, [1, 0])), [0, 3, 1, 4, 2, 5]);
    assert.deepEqual(transposeLast(input("t", "f32", [2, 3, 4])).shape, [2, 4, 3]);
  });
});

describe("slice()", () => {
  test("takes every step-th element from the start on", () => {
    const every = (rows: Range, columns: Range): readonly number[] =>
      elements(slice(counted, [rows, columns]));
    assert.deepEqual(every([0, 2], [0, 3, 2]), [0, 2, 3, 5]);
    assert.deepEqual(every([0, 2], [1, 3, 2]), [1, 4]);
    assert.deepEqual(every([1, 2, 7], [0, 3, 3]), [3]);
  });
});

describe("reverse()", () => {
  test("turns the axes round, counted from either end", () => {
    assert.deepEqual(elements(reverse(counted, [1])), [2, 1, 0, 5, 4, 3]);
    assert.deepEqual(elements(reverse(counted, [-1])), [2, 1, 0, 5, 4, 3]);
    assert.deepEqual(elements(reverse(counted, [0])), [3, 4, 5, 0, 1, 2]);
  });
});

describe("concat() and split()", () => {
  test("count negative axes from the end", () => {
    const [left = x, right = x] = split(counted, [1, 2], -1);
    assert.deepEqual(elements(left), [0, 3]);
    assert.deepEqual(elements(right), [1, 2, 4, 5]);
    assert.deepEqual(elements(concat([right, left], -1)), [1, 2, 0, 4, 5, 3]);
  });
});

describe("zerosOf()", () => {
  test("is zero everywhere", () => {
    assert.deepEqual(elements(zerosOf([2, 2])), [0, 0, 0, 0]);
  });
});
