import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVICE } from "../../test/toy-training.ts";
import { mul } from "../engine/ops/elementwise.ts";
import { slice } from "../engine/ops/layout.ts";
import { reduceMean, reduceSum } from "../engine/ops/reduce.ts";
import { input } from "../engine/tensor.ts";
import { batchNorm } from "../nn/batch-norm.ts";
import { constant } from "../nn/initializers.ts";
import type { Scope } from "../nn/scope.ts";
import { ndArray } from "../util/nd-array.ts";
import { Evaluation, type EvaluationBatch } from "./evaluation.ts";
import { initializeStore } from "./initialize-store.ts";
import { decayByRank } from "./parameter-groups.ts";
import { ParameterStore } from "./parameter-store.ts";
import { type Objective, StepProgram, traceObjective } from "./step-program.ts";

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

describe("Evaluation of a batch normalisation", () => {
  const SHAPE = [2, 1, 1, 2];
  const normalized = (training: boolean) => (s: Scope) => {
    const y = batchNorm(s, input("x", "f32", SHAPE), { training, momentum: 0.5 });
    const first = reduceSum(
      slice(y, [
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 1],
      ]),
    );
    return { loss: first, parts: { first } };
  };
  const feeds = new Map([["x", ndArray("f32", SHAPE, [5, 7, 9, 11])]]);

  test("goes by the statistics that training has left", async () => {
    const traced = traceObjective(normalized(true));
    const store = new ParameterStore({ ...traced, rules: decayByRank(0), slots: [] });
    initializeStore(store, [...traced.trained, ...traced.fixed], 1);
    await using program = await StepProgram.compile(traced, store, { ...DEVICE, accumulate: 1 });
    await using evaluation = new Evaluation(store, {
      ...DEVICE,
      objectiveOf: () => normalized(false),
    });
    const evaluate = async (): Promise<number> => {
      const batch = { feeds, variant: "only", samples: 2 };
      const batches = async function* () {
        yield batch;
      };
      const losses = await evaluation.run(batches(), new AbortController().signal);
      return losses?.["first"] ?? Number.NaN;
    };
    const close = (actual: number, expected: number): void =>
      assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
    close(await evaluate(), 5 / Math.sqrt(1 + 1e-5)); // as they start
    await program.run(feeds, { micro: 0 });
    close(await evaluate(), 5 / Math.sqrt(1 + 1e-5)); // no update was made
    store.settleBuffers();
    // Mean 8 and unbiased variance 20/3, half of each; and half of 0 and 1.
    close(await evaluate(), (5 - 4) / Math.sqrt(10 / 3 + 1 / 2 + 1e-5));
  });
});
