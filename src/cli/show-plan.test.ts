import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelPlan, PretrainPlan } from "../report/plan/plan-pretrain.ts";
import { describePlan } from "./show-plan.ts";

const MODEL: ModelPlan = {
  modules: [
    { module: "image encoder", trained: 85_647_360, fixed: 151_296 },
    { module: "super-resolution", trained: 168, fixed: 0 },
  ],
  bytes: { memory: 1_371_000_000, checkpoint: 28_000_000 },
};

test("describePlan() shows the run's course, the model's parts, memory and time", () => {
  const plan: PretrainPlan = {
    model: MODEL,
    course: {
      ...{ records: 377_110, privacy: "private", batch: 8, accumulate: 32, epochs: 120 },
      ...{ stepsPerEpoch: 1473, steps: 176_760 },
    },
    time: {
      ...{ compileMs: 1, firstMs: 1, furtherMs: 1, updateMs: 1, prepareMs: 1 },
      ...{ stepMs: 1234, waitPart: 0.014, pairsPerSecond: 207.4, peakBytes: 6.14e9 },
      ...{ epochMs: 1_817_682, runMs: 218_121_840 },
      losses: { mim: 0.97, res: 0.62, mlm: 10.3 },
    },
    missing: [],
  };
  assert.equal(
    describePlan(plan),
    `pairs               377,110, of a private dataset
steps               1,473 an epoch, of 8 × 32 = 256 pairs; 176,760 in 120 epochs
parameters          85,647,528 trained, 151,296 fixed
  image encoder     85,647,360 trained, 151,296 fixed
  super-resolution  168
memory              1.4 GB for values, gradients and moments; 6.1 GB in all at the most while trying
a checkpoint        28 MB on the disk
first losses        mim 0.970 res 0.620 mlm 10.300
a step              1.2 s, 207 pairs/s, 1 % of it waiting for pairs
an epoch            30 min 18 s
the run             2 d 13 h, beside validations, checkpoints and pictures`,
  );
});

test("describePlan() says what the rest needs", () => {
  const none = { model: undefined, course: undefined, time: undefined };
  assert.equal(
    describePlan({ ...none, missing: ["--data", "--tokenizer"] }),
    "not known without --data and --tokenizer: the model's size, and with both the memory and time of a step",
  );
  const sized = describePlan({ ...none, model: MODEL, missing: ["--data"] });
  assert.match(sized, /^memory +1\.4 GB for values, gradients and moments$/m);
  assert.match(sized, /\nnot known without --data: the memory and time of a step$/);
});
