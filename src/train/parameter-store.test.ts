import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { constant } from "../nn/initializers.ts";
import { type Parameter, Scope, Trace } from "../nn/scope.ts";
import { WeightsError } from "../util/errors.ts";
import { ndArray } from "../util/nd-array.ts";
import { decayByRank } from "./parameter-groups.ts";
import { CHUNK, ParameterStore, writeView } from "./parameter-store.ts";

function declare(shapes: Readonly<Record<string, readonly number[]>>): readonly Parameter[] {
  const trace = new Trace();
  const s = new Scope(trace);
  for (const [name, shape] of Object.entries(shapes)) s.param(name, shape, constant(0));
  return [...trace.parameters.values()];
}

const store = new ParameterStore({
  trained: declare({ "a.weight": [3, 5], "a.bias": [3], "b.weight": [CHUNK, 1], "b.bias": [1] }),
  fixed: declare({ table: [2, 2] }),
  rules: decayByRank(0.1),
  slots: ["m", "v"],
});

describe("ParameterStore", () => {
  test("holds each group in buffers of whole chunks", () => {
    const groups = store.groups.map(({ rule, parameters, length, values, gradients, moments }) => ({
      rule: rule.name,
      parameters: parameters.map(({ name }) => name),
      length,
      lengths: [values, gradients, ...moments.values()].map((buffer) => buffer.length),
      slots: [...moments.keys()],
    }));
    const slots = ["m", "v"];
    const lengths = (length: number) => ({ length, lengths: [length, length, length, length] });
    assert.deepEqual(groups, [
      { rule: "no-decay", parameters: ["a.bias", "b.bias"], ...lengths(CHUNK), slots },
      { rule: "decay", parameters: ["a.weight", "b.weight"], ...lengths(2 * CHUNK), slots },
    ]);
  });

  test("gives views of the buffers, each beginning at a multiple of 64 bytes", () => {
    const trained = ["a.bias", "b.bias", "a.weight", "b.weight"];
    assert.deepEqual([...store.values.keys()], [...trained, "table"]);
    assert.deepEqual([...store.gradients.keys()], trained);
    assert.deepEqual(
      [...store.moments.keys()].toSorted(),
      trained.flatMap((name) => [`m/${name}`, `v/${name}`]).toSorted(),
    );
    for (const views of [store.values, store.gradients, store.moments]) {
      for (const { data } of views.values()) assert.equal(data.byteOffset % 64, 0);
    }
    const [, decay] = store.groups;
    const weight = store.values.get("b.weight");
    assert.deepEqual(weight?.shape, [CHUNK, 1]);
    assert.equal(weight?.data.buffer, decay?.values.buffer);
    assert.equal(weight?.data.byteOffset, 64); // 15 elements stand before it
    const occupied = [...store.values.values()].filter(
      ({ data }) => data.buffer === decay?.values.buffer,
    );
    for (const [i, { data }] of occupied.entries()) {
      const next = occupied[i + 1]?.data.byteOffset ?? Number.POSITIVE_INFINITY;
      assert.ok(data.byteOffset + data.byteLength <= next);
    }
  });

  test("keeps what is fixed out of the groups", () => {
    const table = store.values.get("table");
    assert.deepEqual(table?.shape, [2, 2]);
    assert.ok(store.groups.every(({ values }) => values.buffer !== table?.data.buffer));
  });
});

describe("ParameterStore.settleBuffers()", () => {
  test("makes the last move of a buffer its value, once", () => {
    const table = (): readonly number[] => [...(store.values.get("table")?.data ?? [])];
    const moved = (value: number) =>
      new Map([["table", ndArray("f32", [2, 2], Array(4).fill(value))]]);
    store.moveBuffers(moved(1));
    store.moveBuffers(moved(2));
    assert.deepEqual(table(), [0, 0, 0, 0]);
    assert.deepEqual(store.moved, moved(2));
    store.settleBuffers();
    assert.deepEqual(table(), [2, 2, 2, 2]);
    assert.equal(store.moved.size, 0);
  });
});

describe("writeView()", () => {
  test("copies into the buffer behind the view", () => {
    writeView(store.values, "a.bias", ndArray("f32", [3], [1, 2, 3]));
    assert.deepEqual([...(store.groups[0]?.values.subarray(0, 4) ?? [])], [1, 2, 3, 0]);
  });

  test("refuses an unknown name and another shape", () => {
    const source = ndArray("f32", [1, 3], [1, 2, 3]);
    assert.throws(
      () => writeView(store.values, "c.bias", source),
      new WeightsError('Cannot store "c.bias": found f32[1,3], expected no such tensor'),
    );
    assert.throws(
      () => writeView(store.values, "a.bias", source),
      new WeightsError('Cannot store "a.bias": found f32[1,3], expected f32[3]'),
    );
  });
});
