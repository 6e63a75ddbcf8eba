/** @file The smallest thing that can be trained: a linear map fitted to noise, with a buffer and everything that the training loop wants. */

import { add, mul, sub } from "../src/engine/ops/elementwise.ts";
import { reduceMean } from "../src/engine/ops/reduce.ts";
import { input, scalar } from "../src/engine/tensor.ts";
import { constant } from "../src/nn/initializers.ts";
import { linear } from "../src/nn/linear.ts";
import type { TrainState } from "../src/train/checkpoint.ts";
import { initializeStore } from "../src/train/initialize-store.ts";
import type { MicroBatch } from "../src/train/loop.ts";
import { adamw } from "../src/train/optimizers/adamw.ts";
import { OptimizerProgram } from "../src/train/optimizers/optimizer.ts";
import { decayByRank } from "../src/train/parameter-groups.ts";
import { ParameterStore } from "../src/train/parameter-store.ts";
import { StepProgram, type TracedObjective, traceObjective } from "../src/train/step-program.ts";
import { ndArray } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";

/** Where the toy runs. */
export const DEVICE = { provider: "cpu", threads: 1 } as const;

/** The state of a toy run after so many updates. */
export const toyState = (step: number): TrainState => ({
  format: 1,
  step,
  seed: 3,
  ...{ threads: 1, device: "cpu" },
  inputs: {},
});

const INPUTS = 3;

/**
 * mean((x·Wᵀ + b − y)²) over samples; `unused` is declared and never read. A buffer runs along: after every micro-batch,
 * ¾ of what it was and ¼ of the mean of x.
 */
export function toyObjective(samples: number, width = 2): TracedObjective {
  return traceObjective((s) => {
    const x = input("x", "f32", [samples, INPUTS]);
    const error = sub(linear(s.at("map"), x, width), input("y", "f32", [samples, width]));
    linear(s.at("unused"), x, width);
    const running = s.at("seen").buffer("running_mean", [INPUTS], constant(1));
    const mean = reduceMean(x, { axes: [0] });
    s.at("seen").moveBuffer(
      "running_mean",
      add(mul(running, scalar(0.75)), mul(mean, scalar(0.25))),
    );
    const loss = reduceMean(mul(error, error));
    return { loss, parts: { error: loss } };
  });
}

/** Micro-batches from the first of update `step` + 1 on: a function of their number alone. */
export async function* toyBatches(
  { samples, accumulate }: { readonly samples: number; readonly accumulate: number },
  step: number,
  width = 2,
): AsyncGenerator<MicroBatch> {
  for (let ordinal = step * accumulate; ; ordinal++) {
    const stream = new RandomStream({ seed: 8, name: "toy", step: ordinal });
    const draw = (columns: number) =>
      ndArray(
        "f32",
        [samples, columns],
        Array.from({ length: samples * columns }, () => stream.normal()),
      );
    yield {
      feeds: new Map([
        ["x", draw(INPUTS)],
        ["y", draw(width)],
      ]),
      variant: "only",
      samples,
      ids: async () => [`record ${ordinal}`],
    };
  }
}

/** A toy that is ready to be stepped. */
export interface Toy extends AsyncDisposable {
  readonly traced: TracedObjective;
  readonly store: ParameterStore;
  readonly program: StepProgram;
  readonly optimizer: OptimizerProgram;
}

/** Traces, draws and compiles the toy. */
export async function openToy({
  samples,
  accumulate,
}: {
  readonly samples: number;
  readonly accumulate: number;
}): Promise<Toy> {
  const traced = toyObjective(samples);
  const rule = adamw({ beta1: 0.9, beta2: 0.95, eps: 1e-8 });
  const store = new ParameterStore({ ...traced, rules: decayByRank(0.05), slots: rule.slots });
  initializeStore(store, [...traced.trained, ...traced.fixed], 3);
  const program = await StepProgram.compile(traced, store, { ...DEVICE, accumulate });
  const optimizer = await OptimizerProgram.compile(rule, store, DEVICE);
  return {
    traced,
    store,
    program,
    optimizer,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await optimizer[Symbol.asyncDispose]();
    },
  };
}
