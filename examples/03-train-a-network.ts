/**
 * @file A small network learns a curve: the same parameter store, compiled step and AdamW that pre-training uses.
 *
 * Run: node --import tsx examples/03-train-a-network.ts
 */
import assert from "node:assert/strict";
import { gelu, input, mul, openDevice, reduceMean, sub } from "../src/engine/index.ts";
import { initialValues, linear } from "../src/nn/index.ts";
import { adamw } from "../src/train/optimizers/adamw.ts";
import { OptimizerProgram } from "../src/train/optimizers/optimizer.ts";
import { decayByRank } from "../src/train/parameter-groups.ts";
import { ParameterStore, writeView } from "../src/train/parameter-store.ts";
import { StepProgram, traceObjective } from "../src/train/step-program.ts";
import { ndArray } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";

const POINTS = 64;
const device = openDevice({ threads: 1 });

// The objective: two layers, and the mean square distance to sin(3x).
const traced = traceObjective((scope) => {
  const x = input("x", "f32", [POINTS, 1]);
  const hidden = gelu(linear(scope.at("hidden"), x, 32));
  const error = sub(linear(scope.at("out"), hidden, 1), input("target", "f32", [POINTS, 1]));
  const loss = reduceMean(mul(error, error), { axes: [0, 1] });
  return { loss, parts: { loss } };
});

const optimizer = adamw({ beta1: 0.9, beta2: 0.99, eps: 1e-8 });
const { trained, fixed } = traced;
const store = new ParameterStore({ trained, fixed, rules: decayByRank(0), slots: optimizer.slots });
for (const parameter of trained) {
  writeView(store.values, parameter.name, initialValues({ ...parameter, seed: 42 }));
}

await using step = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
await using updater = await OptimizerProgram.compile(optimizer, store, device);

// Every random number comes from a named stream of the seed: this prints the same on every run.
const losses: number[] = [];
for (let k = 1; k <= 1000; k++) {
  const stream = new RandomStream({ seed: 42, name: "points", step: k });
  const x = Float32Array.from({ length: POINTS }, () => stream.between(-1, 1));
  const target = x.map((value) => Math.sin(3 * value));
  const feeds = { x: ndArray("f32", [POINTS, 1], x), target: ndArray("f32", [POINTS, 1], target) };
  const { loss = Number.NaN } = await step.run(new Map(Object.entries(feeds)), { micro: 0 });
  await updater.update({ step: k, lr: 0.02, gradientScale: 1 });
  losses.push(loss);
  if (k === 1 || k % 200 === 0)
    console.log(`step ${String(k).padStart(4)}  loss ${loss.toFixed(5)}`);
}
assert.ok((losses.at(-1) ?? 1) < 0.02 * (losses[0] ?? 0), "the network did not learn");
