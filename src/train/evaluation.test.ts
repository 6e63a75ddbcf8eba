import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVICE } from "../../test/toy-training.ts";
import { mul } from "../engine/ops/elementwise.ts";
import { reduceMean } from "../engine/ops/reduce.ts";
import { input } from "../engine/tensor.ts";
import { constant } from "../nn/initializers.ts";
import type { Scope } from "../nn/scope.ts";
import { ndArray } from "../util/nd-array.ts";
import { Evaluation, type EvaluationBatch } from "./evaluation.ts";
import { initializeStore } from "./initialize-store.ts";
import { decayByRank } from "./parameter-groups.ts";
import { ParameterStore } from "./parameter-store.ts";
import { type Objective, traceObjective } from "./step-program.ts";

/** The mean of `factor` · x; a variant is a number of samples. */
const objectiveOf =
  (variant: string) =>
  (s: Scope): Objective => {
    const mean = reduceMean(
      mul(s.param("factor", [1], constant(3)), input("x", "f32", [+variant])),
    );
    return { loss: mean, parts: { mean } };
  };

/** A store that holds the factor, 3. */
function openStore(): ParameterStore {
  const traced = traceObjective(objectiveOf("1"));
  const store = new ParameterStore({ ...traced, rules: decayByRank(0), slots: [] });
  initializeStore(store, [...traced.trained, ...traced.fixed], 1);
  return store;
}

const batchOf = (...x: readonly number[]): EvaluationBatch => ({
  feeds: new Map([["x", ndArray("f32", [x.length], x)]]),
  variant: `${x.length}`,
  samples: x.length,
});

/** Batches of four, one and four samples. */
async function* batches(): AsyncGenerator<EvaluationBatch> {
  yield batchOf(1, 2, 3, 4);
  yield batchOf(-8);
  yield batchOf(5, 6, 7, 8);
}

describe("Evaluation", () => {
  test("averages over samples, whatever batches they come in, and compiles a shape once", async () => {
    const compiled: string[] = [];
    await using evaluation = new Evaluation(openStore(), {
      ...DEVICE,
      objectiveOf: (variant) => {
        compiled.push(variant);
        return objectiveOf(variant);
      },
    });
    const { signal } = new AbortController();
    for (let pass = 0; pass < 2; pass++) {
      const losses = await evaluation.run(batches(), signal);
      assert.deepEqual(Object.keys(losses ?? {}), ["mean"]);
      assert.ok(Math.abs((losses?.["mean"] ?? Number.NaN) - (3 * 28) / 9) < 1e-6);
    }
    assert.deepEqual(compiled, ["4", "1"]);
  });

  test("sees the parameters as they are now", async () => {
    const store = openStore();
    await using evaluation = new Evaluation(store, { ...DEVICE, objectiveOf });
    const { signal } = new AbortController();
    await evaluation.run(batches(), signal);
    store.values.get("factor")?.data.fill(9);
    const { mean } = (await evaluation.run(batches(), signal)) ?? {};
    assert.ok(Math.abs((mean ?? Number.NaN) - 28) < 1e-6);
  });

  test("gives nothing when it is stopped, and lets go of its batches", async () => {
    await using evaluation = new Evaluation(openStore(), { ...DEVICE, objectiveOf });
    const controller = new AbortController();
    const ended: string[] = [];
    const stopping = async function* (): AsyncGenerator<EvaluationBatch> {
      try {
        yield batchOf(1);
        controller.abort();
        yield batchOf(2);
      } finally {
        ended.push("ended");
      }
    };
    assert.equal(await evaluation.run(stopping(), controller.signal), undefined);
    assert.deepEqual(ended, ["ended"]);
  });
});
