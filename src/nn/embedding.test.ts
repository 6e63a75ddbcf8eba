import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkTracedGradients } from "../../test/check-gradients.ts";
import { exactly } from "../../test/draw.ts";
import { interpret } from "../../test/reference/interpreter.ts";
import { read, valuesOf } from "../../test/reference/values.ts";
import { traceLayer } from "../../test/trace-layer.ts";
import { gradients } from "../engine/grad.ts";
import { buildGraph } from "../engine/graph.ts";
import { reduceSum } from "../engine/ops/reduce.ts";
import { input } from "../engine/tensor.ts";
import { ndArray } from "../util/nd-array.ts";
import { embedding, embeddingTable } from "./embedding.ts";
import { Scope, Trace } from "./scope.ts";

const OPTIONS = { rows: 4, width: 3, paddingIndex: 1 };

describe("embedding()", () => {
  test("reads rows, the padding row too", () => {
    const layer = traceLayer((s, { ids }) => embedding(s, ids, OPTIONS), {
      ids: exactly("i64", [2, 3], [3, 0, 3, 1, 2, 0]),
    });
    const [ids, table] = [layer.value("ids"), layer.value("layer.weight")];
    const rows = layer.output();
    assert.deepEqual(rows.shape, [2, 3, 3]);
    for (let i = 0; i < 18; i++) {
      const at = [Math.floor(i / 9), Math.floor(i / 3) % 3];
      assert.equal(read(rows, [...at, i % 3]), read(table, [read(ids, at), i % 3]));
    }
  });

  test("has the gradient of finite differences where no id is padding", () => {
    const ids = exactly("i64", [2, 3], [3, 0, 3, 2, 2, 0]);
    checkTracedGradients(traceLayer((s, inputs) => embedding(s, inputs.ids, OPTIONS), { ids }));
  });

  test("gives the padding row no gradient", () => {
    const trace = new Trace();
    const rows = embedding(new Scope(trace), input("ids", "i64", [5]), OPTIONS);
    const weight = trace.parameters.get("weight")?.tensor ?? rows;
    const [gradient] = gradients(reduceSum(rows), [weight]);
    assert.ok(gradient);
    const feeds = new Map([
      ["ids", valuesOf(ndArray("i64", [5], [1, 3, 1, 0, 3]))],
      ["weight", valuesOf(ndArray("f32", [4, 3], new Float32Array(12)))],
    ]);
    const found = interpret(buildGraph({ gradient }), feeds).get("gradient");
    assert.deepEqual([...(found?.data ?? [])], [1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 2, 2]);
  });

  test("starts normal, with a padding row of zeros", () => {
    const trace = new Trace();
    embedding(new Scope(trace, "words"), input("ids", "i64", [1]), OPTIONS);
    embeddingTable(new Scope(trace, "places"), [5, 3]);
    const rules = [...trace.parameters.values()].map(({ name, shape, initializer }) => [
      name,
      shape,
      initializer.statistics?.std,
      initializer.zeroRow,
    ]);
    assert.deepEqual(rules, [
      ["words.weight", [4, 3], 0.02, 1],
      ["places.weight", [5, 3], 0.02, undefined],
    ]);
  });
});
