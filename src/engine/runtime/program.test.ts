import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ExecutionError, ShapeError } from "../../util/errors.ts";
import { type DType, type NdArray, ndArray, type Shape } from "../../util/nd-array.ts";
import { buildGraph } from "../graph.ts";
import { add, cast, equal, exp, mul, neg, sub } from "../ops/elementwise.ts";
import { scatterAddRows } from "../ops/gather.ts";
import { reshape, transpose, transposeLast, zerosOf } from "../ops/layout.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { constant, input, scalar, type Tensor } from "../tensor.ts";
import type { Device } from "./device.ts";
import { type CompileOptions, Program } from "./program.ts";

const DEVICE: Device = { provider: "cpu", threads: 1 };
const f32 = (shape: Shape, ...values: number[]): NdArray<"f32"> => ndArray("f32", shape, values);

const compile = (
  outputs: Readonly<Record<string, Tensor>>,
  options: Partial<CompileOptions> = {},
): Promise<Program> => Program.compile(buildGraph(outputs), { ...DEVICE, ...options });

const x = input("x", "f32", [2]);

describe("Program.run()", () => {
  test("computes outputs by name and tells their types", async () => {
    await using program = await compile({ sum: add(x, scalar(1)), total: reduceSum(x) });
    assert.deepEqual([...program.inputs.keys()], ["x"]);
    assert.deepEqual(program.outputs.get("total"), { dtype: "f32", shape: [] });
    const results = await program.run(new Map([["x", f32([2], 1, 2)]]));
    assert.deepEqual(results.get("sum"), f32([2], 2, 3));
    assert.deepEqual(results.get("total"), f32([], 3));
  });

  test("takes and returns every element type", async () => {
    const values = [0, 1, 1];
    for (const dtype of [
      "f32",
      "f64",
      "i64",
      "i32",
      "u8",
      "bool",
    ] as const satisfies readonly DType[]) {
      const each = input("each", dtype, [3]);
      await using program = await compile({
        same: each,
        ones: equal(each, each),
        wide: cast(each, "f64"),
      });
      const results = await program.run(new Map([["each", ndArray(dtype, [3], values)]]));
      assert.deepEqual(results.get("same"), ndArray(dtype, [3], values), dtype);
      assert.deepEqual(results.get("ones"), ndArray("bool", [3], [1, 1, 1]), dtype);
      assert.deepEqual(results.get("wide"), ndArray("f64", [3], values), dtype);
    }
  });

  test("runs graphs without inputs, and with inputs that nothing needs", async () => {
    await using program = await compile({ three: scalar(3) });
    const results = await program.run(new Map([["x", f32([2], 1, 2)]]));
    assert.equal(results.get("three")?.data[0], 3);
  });

  test("computes verbatim what it computes optimised", async () => {
    const a = input("a", "f32", [2, 3]);
    const outputs = { y: mul(matmul(a, transposeLast(a)), scalar(0.5)), z: add(a, scalar(0)) };
    const feeds = new Map([["a", f32([2, 3], 1, 2, 3, 4, 5, 6)]]);
    for (const verbatim of [true, false]) {
      await using program = await compile(outputs, { verbatim });
      const results = await program.run(feeds);
      assert.deepEqual(results.get("y"), f32([2, 2], 7, 16, 16, 38.5));
      assert.deepEqual(results.get("z"), feeds.get("a"));
    }
  });
});

describe("Program.run() into arrays that are given", () => {
  test("writes them, of whatever node the output is, and allocates the others", async () => {
    const y = exp(x);
    await using program = await compile({
      negative: neg(x),
      input: x,
      constant: constant(f32([2], 5, 6)),
      view: reshape(x, [2, 1]),
      shared: y,
      again: y,
      free: add(x, x),
    });
    const given = new Map(
      [...program.outputs]
        .filter(([name]) => name !== "free")
        .map(([name, { shape }]) => [name, f32(shape, -1, -1)]),
    );
    for (const [first, second] of [
      [1, 2],
      [3, 4],
    ] as const) {
      const results = await program.run(new Map([["x", f32([2], first, second)]]), given);
      for (const [name, array] of given) assert.equal(results.get(name), array, name);
      const exponentials = [first, second].map((value) => Math.fround(Math.exp(value)));
      const close = (name: string): void => {
        for (const [i, value] of [...(given.get(name)?.data ?? [])].entries()) {
          assert.ok(Math.abs(value / (exponentials[i] ?? Number.NaN) - 1) < 1e-6, name);
        }
      };
      assert.deepEqual(given.get("negative")?.data, Float32Array.of(-first, -second));
      assert.deepEqual(given.get("input")?.data, Float32Array.of(first, second));
      assert.deepEqual(given.get("constant")?.data, Float32Array.of(5, 6));
      assert.deepEqual(given.get("view")?.data, Float32Array.of(first, second));
      close("shared");
      close("again");
      assert.deepEqual(results.get("free")?.data, Float32Array.of(2 * first, 2 * second));
    }
  });

  test("updates a parameter in place", async () => {
    const [p, g] = [input("p", "f32", [3]), input("g", "f32", [3])];
    await using program = await compile({ next: sub(p, mul(g, scalar(0.5))) });
    const parameter = f32([3], 1, 2, 3);
    const feeds = new Map([
      ["p", parameter],
      ["g", f32([3], 1, 1, 2)],
    ]);
    const into = new Map([["next", parameter]]);
    await program.run(feeds, into);
    await program.run(feeds, into);
    assert.deepEqual(parameter.data, Float32Array.of(0, 1, 1));
  });

  test("updates several buffers that depend on each other, as an optimiser does", async () => {
    const [p, m, g] = ["p", "m", "g"].map((name) => input(name, "f32", [2]));
    assert.ok(p && m && g);
    const momentum = add(mul(m, scalar(0.5)), g);
    await using program = await compile({
      momentum,
      next: sub(p, momentum),
      before: reduceSum(mul(g, g)),
    });
    const [parameter, moment] = [f32([2], 10, 20), f32([2], 2, 4)];
    const feeds = new Map([
      ["p", parameter],
      ["m", moment],
      ["g", f32([2], 1, 1)],
    ]);
    await program.run(
      feeds,
      new Map([
        ["next", parameter],
        ["momentum", moment],
      ]),
    );
    assert.deepEqual(moment.data, Float32Array.of(2, 3));
    assert.deepEqual(parameter.data, Float32Array.of(8, 17));
  });

  test("adds a scatter to a buffer in place", async () => {
    const table = input("table", "f32", [3, 2]);
    const rows = input("rows", "i64", [2, 1]);
    const updates = input("updates", "f32", [2, 2]);
    const sum = add(table, scatterAddRows(zerosOf([3, 2]), rows, updates));
    await using program = await compile({ sum }); // fused: one scatter over the table
    const buffer = f32([3, 2], 1, 1, 1, 1, 1, 1);
    const feeds = new Map<string, NdArray>([
      ["table", buffer],
      ["rows", ndArray("i64", [2, 1], [2, 2])],
      ["updates", f32([2, 2], 1, 2, 3, 4)],
    ]);
    await program.run(feeds, new Map([["sum", buffer]]));
    assert.deepEqual(buffer.data, Float32Array.of(1, 1, 1, 1, 5, 7));
  });

  test("reads an input wherever the output over it needs it, before it is overwritten", async () => {
    const p = input("p", "f32", [4]);
    const scale = exp(neg(reduceSum(mul(p, p))));
    await using program = await compile({
      next: add(mul(p, scale), reshape(reshape(p, [2, 2]), [4])),
      scale,
    });
    const [parameter, before] = [f32([4], 1, 2, -1, 0), f32([4], 1, 2, -1, 0)];
    const expected = await program.run(new Map([["p", before]]));
    await program.run(new Map([["p", parameter]]), new Map([["next", parameter]]));
    assert.deepEqual(parameter, expected.get("next"));
  });

  test("follows what the array holds, not what it held", async () => {
    await using program = await compile({ y: neg(x) });
    const array = f32([2], 1, 2);
    const feeds = new Map([["x", array]]);
    await program.run(feeds);
    array.data.set([3, 4]);
    assert.deepEqual((await program.run(feeds)).get("y"), f32([2], -3, -4));
  });
});

describe("Program refuses", () => {
  test("a missing input, a wrong shape and a wrong type", async () => {
    await using program = await compile({ y: neg(x) });
    const refuses = (array: NdArray | undefined, message: string): Promise<void> =>
      assert.rejects(
        program.run(new Map(array && [["x", array]])),
        new ShapeError(`Cannot run the program: input "x" ${message}`),
      );
    await refuses(undefined, "f32[2] is missing");
    await refuses(f32([3], 1, 2, 3), "is f32[3], expected f32[2]");
    await refuses(f32([1, 2], 1, 2), "is f32[1,2], expected f32[2]");
    await refuses(ndArray("i32", [2], [1, 2]), "is i32[2], expected f32[2]");
  });

  test("an output array of the wrong shape", async () => {
    await using program = await compile({ y: neg(x) });
    await assert.rejects(
      program.run(new Map([["x", f32([2], 1, 2)]]), new Map([["y", f32([1], 0)]])),
      new ShapeError('Cannot run the program: output "y" is f32[1], expected f32[2]'),
    );
  });

  test("a provider that ONNX Runtime does not know", async () => {
    await assert.rejects(
      compile({ y: neg(x) }, { provider: "abacus" }),
      (error) =>
        error instanceof ExecutionError &&
        /^Cannot compile a graph of 2 nodes for "abacus": .*abacus/.test(error.message) &&
        error.cause instanceof Error,
    );
  });

  test("to run an index that is out of range", async () => {
    const rows = input("rows", "i64", [1, 1]);
    const updates = input("updates", "f32", [1]);
    await using program = await compile({ y: scatterAddRows(x, rows, updates) });
    const feeds = new Map<string, NdArray>([
      ["x", f32([2], 1, 2)],
      ["rows", ndArray("i64", [1, 1], [7])],
      ["updates", f32([1], 1)],
    ]);
    await assert.rejects(
      program.run(feeds),
      (error) =>
        error instanceof ExecutionError && error.message.startsWith("Cannot run the program: "),
    );
  });

  test("to run once it is disposed of, which may happen twice", async () => {
    const program = await compile({ y: transpose(input("m", "f32", [2, 1]), [1, 0]) });
    await program[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
    await assert.rejects(program.run(new Map([["m", f32([2, 1], 1, 2)]])), ExecutionError);
  });
});

describe("Program.compile() with a profile", () => {
  test("writes one when the program is disposed of", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecamp-profile-"));
    try {
      const program = await compile({ y: neg(x) }, { profilePrefix: join(folder, "run") });
      await program.run(new Map([["x", f32([2], 1, 2)]]));
      await program[Symbol.asyncDispose]();
      assert.match(readdirSync(folder).join(), /^run.*\.json$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
