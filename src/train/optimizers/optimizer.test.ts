import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEVICE } from "../../../test/toy-training.ts";
import { constant } from "../../nn/initializers.ts";
import { type Parameter, Scope, Trace } from "../../nn/scope.ts";
import { RandomStream } from "../../util/random.ts";
import type { GroupRule } from "../parameter-groups.ts";
import { CHUNK, ParameterStore } from "../parameter-store.ts";
import { adamw } from "./adamw.ts";
import { type Optimizer, OptimizerProgram } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

const STEPS = 5;
const rateAt = (step: number): number => 0.01 * step;
/** As clipping may have it: another factor at every step. */
const scaleAt = (step: number): number => 1 / step;

const RULES: readonly GroupRule[] = [
  { name: "slow", weightDecay: 0.1, lrScale: 0.25, matches: ({ name }) => name === "slow" },
  { name: "rest", weightDecay: 0, lrScale: 1, matches: () => true },
];

function declare(): readonly Parameter[] {
  const trace = new Trace();
  const s = new Scope(trace);
  for (const [name, length] of [
    ["slow", 5],
    ["fast", 7],
    ["long", CHUNK],
  ] as const) {
    s.param(name, [length], constant(0));
  }
  return [...trace.parameters.values()];
}

/** Numbers that one parameter has at one step. */
const drawn = (name: string, length: number): Float32Array => {
  const stream = new RandomStream({ seed: 1, name });
  return Float32Array.from({ length }, () => stream.normal());
};

/** One element through all the steps, in double precision. */
type Trajectory = (
  start: number,
  gradients: readonly number[],
  group: { readonly weightDecay: number; readonly lrScale: number },
) => { readonly value: number; readonly slots: Readonly<Record<string, number>> };

const [BETA1, BETA2, EPS, MOMENTUM] = [0.9, 0.95, 1e-8, 0.8];

/** Algorithm 2 of Loshchilov and Hutter (2019), with the learning rate also on the decay, as PyTorch has it. */
const byAdamw: Trajectory = (start, gradients, { weightDecay, lrScale }) => {
  let [x, m, v] = [start, 0, 0];
  for (const [i, g] of gradients.entries()) {
    const [k, lr] = [i + 1, rateAt(i + 1) * lrScale];
    m = BETA1 * m + (1 - BETA1) * g;
    v = BETA2 * v + (1 - BETA2) * g * g;
    const [mHat, vHat] = [m / (1 - BETA1 ** k), v / (1 - BETA2 ** k)];
    x = x - lr * weightDecay * x - (lr * mHat) / (Math.sqrt(vHat) + EPS);
  }
  return { value: x, slots: { exp_avg: m, exp_avg_sq: v } };
};

/** PyTorch's SGD: decay joins the gradient, and the first buffer is the first gradient. */
const bySgd: Trajectory = (start, gradients, { weightDecay, lrScale }) => {
  let [x, buffer] = [start, 0];
  for (const [i, g] of gradients.entries()) {
    const decayed = g + weightDecay * x;
    buffer = i === 0 ? decayed : MOMENTUM * buffer + decayed;
    x -= rateAt(i + 1) * lrScale * buffer;
  }
  return { value: x, slots: { momentum_buffer: buffer } };
};

const CASES: readonly { readonly optimizer: Optimizer; readonly trajectory: Trajectory }[] = [
  { optimizer: adamw({ beta1: BETA1, beta2: BETA2, eps: EPS }), trajectory: byAdamw },
  { optimizer: sgd({ momentum: MOMENTUM }), trajectory: bySgd },
];

/** Gradients of every step, such that some are 0 and some tiny. */
const gradientAt = (name: string, length: number, step: number): Float32Array =>
  drawn(`${name}/${step}`, length).map((g, i) => (i % 5 === 0 ? 0 : i % 5 === 1 ? g * 1e-6 : g));

async function stepped(optimizer: Optimizer): Promise<ParameterStore> {
  const store = new ParameterStore({
    trained: declare(),
    fixed: [],
    rules: RULES,
    slots: optimizer.slots,
  });
  for (const [name, { data }] of store.values) data.set(drawn(name, data.length));
  await using program = await OptimizerProgram.compile(optimizer, store, DEVICE);
  for (let step = 1; step <= STEPS; step++) {
    for (const [name, { data }] of store.gradients) data.set(gradientAt(name, data.length, step));
    await program.update({ step, lr: rateAt(step), gradientScale: scaleAt(step) });
  }
  return store;
}

function assertNear(got: number | undefined, expected: number, what: string): void {
  const error = Math.abs((got ?? Number.NaN) - expected);
  assert.ok(error <= 2e-6 * Math.max(Math.abs(expected), 0.05), `${what}: ${got}, not ${expected}`);
}

for (const { optimizer, trajectory } of CASES) {
  describe(`OptimizerProgram of ${optimizer.name}`, () => {
    test("takes the steps of the definition, each group with its own decay and rate", async () => {
      const store = await stepped(optimizer);
      for (const { rule, parameters } of store.groups) {
        for (const { name } of parameters) {
          const values = store.values.get(name)?.data ?? new Float32Array();
          const start = drawn(name, values.length);
          const gradients = Array.from({ length: STEPS }, (_, i) =>
            gradientAt(name, values.length, i + 1),
          );
          // The long parameter fills more than a chunk: its two ends tell.
          const positions = values.length < 10 ? [...values.keys()] : [0, 1, 2, CHUNK - 1];
          for (const i of positions) {
            const scaled = gradients.map((all, k) => (all[i] ?? Number.NaN) * scaleAt(k + 1));
            const { value, slots } = trajectory(start[i] ?? Number.NaN, scaled, rule);
            assertNear(values[i], value, `${name}[${i}]`);
            for (const [slot, moment] of Object.entries(slots)) {
              const got = store.moments.get(`${slot}/${name}`)?.data[i];
              assertNear(got, moment, `${slot}/${name}[${i}]`);
            }
          }
        }
      }
    });

    test("leaves the space between parameters at 0", async () => {
      const { groups } = await stepped(optimizer);
      for (const { parameters, values, moments } of groups) {
        const used = parameters.reduce(
          (end, { shape: [length = 0] }) => Math.ceil(end / 16) * 16 + length,
          0,
        );
        const first = parameters[0]?.shape[0] ?? 0;
        for (const buffer of [values, ...moments.values()]) {
          const isPadding = (i: number): boolean => i >= used || (i >= first && i < 16);
          assert.ok(buffer.every((value, i) => !isPadding(i) || Object.is(value, 0)));
        }
      }
    });
  });
}
