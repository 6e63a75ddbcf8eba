import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { neg } from "../engine/ops/elementwise.ts";
import { matmul } from "../engine/ops/matmul.ts";
import { input, inputName } from "../engine/tensor.ts";
import { ConfigError, ShapeError } from "../util/errors.ts";
import { constant } from "./initializers.ts";
import { linear } from "./linear.ts";
import { Scope, Trace } from "./scope.ts";

const ZERO = constant(0);

describe("Scope", () => {
  test("makes checkpoint names of its path", () => {
    const trace = new Trace();
    const s = new Scope(trace);
    s.param("cls_token", [1, 1, 4], ZERO);
    linear(s.at("blocks").at(0).at("attn").at("qkv"), input("x", "f32", [2, 4]), 12);
    assert.deepEqual(
      [...trace.parameters.keys()],
      ["cls_token", "blocks.0.attn.qkv.weight", "blocks.0.attn.qkv.bias"],
    );
    for (const { name, tensor, shape } of trace.parameters.values()) {
      assert.equal(inputName(tensor), name);
      assert.deepEqual(tensor.shape, shape);
    }
  });

  test("ties what has the same path", () => {
    const trace = new Trace();
    const words = (): Scope => new Scope(trace).at("embeddings").at("words");
    const first = words().param("weight", [7, 3], ZERO);
    assert.equal(words().param("weight", [7, 3], constant(1)), first);
    assert.equal(trace.parameters.size, 1);
    assert.equal(trace.parameters.get("embeddings.words.weight")?.initializer, ZERO);
  });

  test("refuses a known name with another shape", () => {
    const s = new Scope(new Trace(), "norm");
    s.param("weight", [4], ZERO);
    assert.throws(
      () => s.param("weight", [5], ZERO),
      new ShapeError('Cannot declare parameter "norm.weight" as [5]: it is f32[4] already'),
    );
  });

  test("keeps what is fixed apart from what is trained", () => {
    const trace = new Trace();
    const s = new Scope(trace);
    s.param("pos_embed", [1, 5, 4], ZERO, { trainable: false });
    s.param("cls_token", [1, 1, 4], ZERO);
    assert.deepEqual(
      [...trace.parameters.values()].map(({ trainable }) => trainable),
      [false, true],
    );
  });

  test("has buffers, which are fixed, and collects where a step moves them", () => {
    const trace = new Trace();
    const s = new Scope(trace, "norm");
    const mean = s.buffer("running_mean", [3], ZERO);
    s.buffer("running_var", [3], constant(1));
    const next = neg(mean);
    s.moveBuffer("running_mean", next);
    assert.equal(trace.parameters.get("norm.running_mean")?.trainable, false);
    assert.deepEqual([...trace.moves], [["norm.running_mean", next]]);
  });

  test("refuses to move what is no buffer, twice, or to another type", () => {
    const s = new Scope(new Trace(), "norm");
    const mean = s.buffer("running_mean", [3], ZERO);
    const weight = s.param("weight", [3], ZERO);
    assert.throws(
      () => s.moveBuffer("running_men", mean),
      new ConfigError('Cannot move buffer "norm.running_men": nothing of that name is declared'),
    );
    assert.throws(
      () => s.moveBuffer("weight", weight),
      new ConfigError('Cannot move buffer "norm.weight": it is trained'),
    );
    const misfit = (type: string) =>
      new ShapeError(`Cannot move buffer "norm.running_mean" to ${type}: it is f32[3]`);
    assert.throws(() => s.moveBuffer("running_mean", input("a", "f32", [4])), misfit("f32[4]"));
    assert.throws(() => s.moveBuffer("running_mean", input("b", "f64", [3])), misfit("f64[3]"));
    s.moveBuffer("running_mean", mean);
    assert.throws(
      () => s.moveBuffer("running_mean", mean),
      new ConfigError(
        'Cannot move buffer "norm.running_mean" twice in a step: a layer with running statistics runs once',
      ),
    );
  });

  test("names masks and intermediates by its path", () => {
    const trace = new Trace();
    const s = new Scope(trace).at("encoder").at(3);
    const mask = s.randomMask("dropout", [2, 3], 0.9);
    assert.deepEqual(trace.masks.get("dropout/encoder.3"), {
      name: "dropout/encoder.3",
      shape: [2, 3],
      keep: 0.9,
      tensor: mask,
    });
    assert.equal(s.tap("probs", mask), mask);
    assert.equal(trace.taps.get("encoder.3.probs"), mask);
  });
});

describe("Scope.build()", () => {
  const misfit = (): never => {
    matmul(input("a", "f32", [2, 3]), input("b", "f32", [4, 5]));
    throw new RangeError("matmul() accepted what does not fit");
  };

  test("says where a shape error happened, once", () => {
    const s = new Scope(new Trace()).at("blocks").at(0).at("attn");
    const nested = (): void => s.build(() => s.at("qkv").build(misfit));
    assert.throws(nested, (error) => {
      assert.ok(error instanceof ShapeError && error.cause instanceof ShapeError);
      assert.equal(error.message, `${error.cause.message} (at blocks.0.attn.qkv)`);
      return true;
    });
  });

  test("says so of a layer whose parameter is known with another shape", () => {
    const s = new Scope(new Trace()).at("blocks").at(0).at("attn").at("qkv");
    linear(s, input("x", "f32", [2, 4]), 12);
    assert.throws(() => linear(s, input("x", "f32", [2, 6]), 12), /\(at blocks\.0\.attn\.qkv\)$/);
  });

  test("adds nothing at the root, and lets other errors pass", () => {
    const root = new Scope(new Trace());
    assert.throws(
      () => root.build(misfit),
      (error) => error instanceof ShapeError && !error.message.includes("(at"),
    );
    const bug = new TypeError("a bug");
    assert.throws(
      () =>
        root.at("x").build(() => {
          throw bug;
        }),
      bug,
    );
  });
});
