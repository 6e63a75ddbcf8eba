import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawAll, indices, normal } from "../../../test/draw.ts";
import { interpret } from "../../../test/reference/interpreter.ts";
import { ShapeError } from "../../util/errors.ts";
import { type NdArray, ndArray, type Shape } from "../../util/nd-array.ts";
import { gradients } from "../grad.ts";
import { buildGraph } from "../graph.ts";
import { Program } from "../runtime/program.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import { gatherRows, pickInRows, scatterAddInRows, scatterAddRows } from "./gather.ts";
import { zerosOf } from "./layout.ts";
import { reduceSum } from "./reduce.ts";

const whole = (shape: Shape, ...values: number[]): Tensor =>
  constant(ndArray("i64", shape, values));
const floats = (shape: Shape, ...values: number[]): Tensor =>
  constant(ndArray("f32", shape, values));

const elements = (y: Tensor): readonly number[] => [
  ...(interpret(buildGraph({ y }), new Map()).get("y")?.data ?? []),
];

describe("gatherRows()", () => {
  const table = floats([3, 2], 1, 2, 3, 4, 5, 6);

  test("reads rows in any arrangement", () => {
    const y = gatherRows(table, whole([2, 2], 2, 0, 0, 1));
    assert.deepEqual(y.shape, [2, 2, 2]);
    assert.deepEqual(elements(y), [5, 6, 1, 2, 1, 2, 3, 4]);
  });

  test("adds up the gradients of repeated rows", () => {
    const [gradient] = gradients(reduceSum(gatherRows(table, whole([4], 2, 0, 2, 2))), [table]);
    assert.deepEqual(elements(gradient ?? table), [1, 1, 0, 0, 3, 3]);
  });

  test("reads the padding row but gives it no gradient", () => {
    for (const wide of [table, floats([3], 1, 2, 3)]) {
      const y = gatherRows(wide, whole([4], 2, 0, 2, 1), { paddingIndex: 2 });
      assert.equal(elements(y)[0], wide === table ? 5 : 3);
      const [gradient] = gradients(reduceSum(y), [wide]);
      assert.deepEqual(elements(gradient ?? wide), wide === table ? [1, 1, 1, 1, 0, 0] : [1, 1, 0]);
    }
  });
});

describe("scatterAddRows()", () => {
  test("adds repeated rows up", () => {
    const y = scatterAddRows(
      floats([2, 2], 1, 1, 1, 1),
      whole([3, 1], 1, 1, 0),
      floats([3, 2], 1, 2, 3, 4, 5, 6),
    );
    assert.deepEqual(elements(y), [6, 7, 5, 7]);
  });
});

describe("pickInRows() and scatterAddInRows()", () => {
  const x = floats([2, 3], 1, 2, 3, 4, 5, 6);

  test("read and add at columns of each row", () => {
    const columns = whole([2, 2], 2, 2, 0, 1);
    assert.deepEqual(elements(pickInRows(x, columns)), [3, 3, 4, 5]);
    const updates = floats([2, 2], 10, 20, 30, 40);
    assert.deepEqual(elements(scatterAddInRows(x, columns, updates)), [1, 2, 33, 34, 45, 6]);
  });
});

describe("scatterAddRows() in ONNX Runtime", () => {
  test("gives the same bits and right sums however often rows repeat, with several threads", async () => {
    const [count, width] = [2048, 768];
    const { rows, updates } = drawAll(
      { rows: indices(3, count, 1), updates: normal(count, width) },
      1,
    );
    const sums = new Float64Array(3 * width);
    for (const [i, value] of updates.data.entries()) {
      const at = Number(rows.data[Math.floor(i / width)]) * width + (i % width);
      sums[at] = (sums[at] ?? 0) + Number(value);
    }
    const y = scatterAddRows(
      zerosOf([3, width]),
      input("rows", "i64", rows.shape),
      input("updates", "f32", updates.shape),
    );
    await using program = await Program.compile(buildGraph({ y }), { provider: "cpu", threads: 4 });
    const feeds = new Map(Object.entries<NdArray>({ rows, updates }));
    const first = (await program.run(feeds)).get("y");
    assert.ok(first);
    for (const [i, value] of first.data.entries()) {
      assert.ok(Math.abs(Number(value) - (sums[i] ?? Number.NaN)) < 3e-4, `element ${i}`);
    }
    for (let run = 0; run < 10; run++) {
      assert.deepEqual((await program.run(feeds)).get("y"), first, `run ${run}`);
    }
  });
});

describe("gathers and scatters", () => {
  test("say what does not fit", () => {
    const x = input("x", "f32", [2, 3]);
    const updates = input("updates", "f32", [2, 2]);
    const real = input("real", "f32", [2]);
    const cases = [
      [() => gatherRows(x, real), "Cannot index by f32[2]: indices must be i64"],
      [
        () => gatherRows(input("s", "f32", []), whole([1], 0)),
        "Cannot gather rows of f32[]: it has no axes",
      ],
      [
        () => scatterAddRows(x, whole([2, 1], 0, 1), updates),
        "Cannot add f32[2,2] to rows i64[2,1] of f32[2,3]",
      ],
      [
        () => scatterAddRows(x, whole([2], 0, 1), x),
        "Cannot add f32[2,3] to rows i64[2] of f32[2,3]",
      ],
      [
        () => pickInRows(x, whole([3, 1], 0, 0, 0)),
        "Cannot pick i64[3,1] from the rows of f32[2,3]",
      ],
      [
        () => scatterAddInRows(x, whole([2, 1], 0, 0), updates),
        "Cannot add f32[2,2] at i64[2,1] in rows of f32[2,3]",
      ],
      [
        () =>
          scatterAddInRows(
            input("b", "f32", [2, 3, 1]),
            whole([2, 1, 1], 0, 0),
            floats([2, 1, 1], 1, 1),
          ),
        "Cannot add f32[2,1,1] at i64[2,1,1] in rows of f32[2,3,1]",
      ],
      [
        () => scatterAddRows(x, whole([1, 1], 0), input("i", "i64", [1, 3])),
        "Cannot add i64[1,3] at i64[1,3] in columns of f32[2,3]",
      ],
    ] as const;
    for (const [build, message] of cases) assert.throws(build, new ShapeError(message));
  });
});
