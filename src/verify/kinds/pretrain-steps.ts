/** @file Replays the `pretrain-steps` fixture: AdamW steps of the whole model, and one step over accumulated gradients (SPEC 3.6). */
import { z } from "zod";
import { ecamp, ecampInputs } from "../../model/ecamp.ts";
import { ecampFeeds } from "../../model/ecamp-feeds.ts";
import { totalLoss } from "../../model/ecamp-losses.ts";
import { gradientNorm } from "../../train/gradient-norm.ts";
import { adamw } from "../../train/optimizers/adamw.ts";
import { OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import { decayByRank } from "../../train/parameter-groups.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import { type Losses, StepProgram, traceObjective } from "../../train/step-program.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import {
  type FixtureModel,
  feedOptions,
  fixtureBatch,
  fixtureModel,
  fixtureParameter,
} from "../pretrain-model.ts";
import type { Finding, Replay, ReplayOptions } from "../replay.ts";
import { compareScalar, type Tolerance, toleranceSchema } from "../tolerance.ts";

const losses = z.record(z.string(), z.number());
const accumulatedSchema = z.object({
  noise1: losses,
  noise2: losses,
  afterStepWithNoise1: losses,
  gradNorm: z.number(),
});
const expectSchema = z.object({ accumulated: accumulatedSchema }).catchall(losses);
const measuredSchema = z.object({ elementsOver1PercentOfLr: z.number(), elements: z.number() });

const fixtureSchema = z.object({
  config: z.object({
    lr: z.number(),
    beta1: z.number(),
    beta2: z.number(),
    eps: z.number(),
    weightDecay: z.number(),
  }),
  expect: expectSchema,
  expect64: expectSchema.optional(),
  tolerance: toleranceSchema.and(z.object({ measured: z.record(z.string(), measuredSchema) })),
  facts: z.object({
    trainableWithoutGradient: z.array(z.string()),
    zeroGradientInTheory: z.array(z.object({ name: z.string(), from: z.int(), to: z.int() })),
  }),
});

type StepsFixture = z.infer<typeof fixtureSchema>;

/** A model that can be stepped. */
interface Stepper extends AsyncDisposable {
  readonly store: ParameterStore;
  /** Forward and backward with one of the recorded noises. */
  run(noise: string, micro: number): Promise<Losses>;
  update(step: number): Promise<void>;
}

/** Replays the plain steps, then, from the same start, the accumulated one. */
export const replayPretrainSteps: Replay = async (fixture, options) => {
  const recorded = fixtureFields(fixture, fixtureSchema);
  return [
    ...(await replaySteps(fixture, recorded, options)),
    ...(await replayAccumulated(fixture, recorded, options)),
  ];
};

async function openStepper(
  fixture: Fixture,
  { config }: StepsFixture,
  { device: provider, threads, accumulate }: ReplayOptions & { readonly accumulate: number },
): Promise<Stepper> {
  const model: FixtureModel = fixtureModel(fixture);
  const traced = traceObjective((scope) => {
    const parts = ecamp(scope, ecampInputs(model.config, model), model.config);
    const total = totalLoss(parts);
    return { loss: total, parts: { ...parts, total } };
  });
  const optimizer = adamw(config);
  const store = new ParameterStore({
    trained: traced.trained,
    fixed: traced.fixed,
    rules: decayByRank(config.weightDecay),
    slots: optimizer.slots,
  });
  for (const parameter of [...traced.trained, ...traced.fixed]) {
    writeView(store.values, parameter.name, await fixtureParameter(fixture, parameter, model));
  }
  const device = { provider, threads };
  const program = await StepProgram.compile(traced, store, { ...device, accumulate });
  const updater = await OptimizerProgram.compile(optimizer, store, device);
  return {
    store,
    run: async (noise, micro) => {
      const batch = await fixtureBatch(fixture, noise);
      return program.run(ecampFeeds(batch, feedOptions(model)).feeds, { micro });
    },
    update: (step) => updater.update({ step, lr: config.lr, gradientScale: 1 }),
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await updater[Symbol.asyncDispose]();
    },
  };
}

function compareLosses(
  name: string,
  { got, expected }: { readonly got: Losses; readonly expected: Losses | undefined },
  tolerance: Tolerance,
): readonly Finding[] {
  return Object.entries(expected ?? {}).map(([part, value]) =>
    compareScalar({
      name: `${name}/${part}`,
      got: got[part] ?? Number.NaN,
      expected: value,
      tolerance,
    }),
  );
}

async function replaySteps(
  fixture: Fixture,
  recorded: StepsFixture,
  options: ReplayOptions,
): Promise<readonly Finding[]> {
  await using stepper = await openStepper(fixture, recorded, { ...options, accumulate: 1 });
  const start = snapshot(stepper.store);
  const expect = { ...recorded.expect, ...recorded.expect64 };
  const befores = Object.keys(recorded.expect).filter((name) =>
    name.startsWith("lossesBeforeStep"),
  );
  const findings: Finding[] = [];
  for (let step = 1; step <= befores.length; step++) {
    const name = `lossesBeforeStep${step}`;
    const got = await stepper.run("in/noise", 0);
    findings.push(
      ...compareLosses(name, { got, expected: expect[name] as Losses }, recorded.tolerance),
    );
    await stepper.update(step);
    findings.push(
      ...(await compareParameters(fixture, recorded, {
        store: stepper.store,
        key: `${step}`,
        step,
      })),
    );
  }
  const name = `lossesAfterStep${befores.length}`;
  const got = await stepper.run("in/noise", 0);
  findings.push(
    ...compareLosses(name, { got, expected: expect[name] as Losses }, recorded.tolerance),
  );
  return [...findings, ...compareUnmoved(start, stepper.store, recorded)];
}

async function replayAccumulated(
  fixture: Fixture,
  recorded: StepsFixture,
  options: ReplayOptions,
): Promise<readonly Finding[]> {
  await using stepper = await openStepper(fixture, recorded, { ...options, accumulate: 2 });
  const { accumulated } = recorded.expect64 ?? recorded.expect;
  const { tolerance } = recorded;
  const findings: Finding[] = [];
  for (const [micro, name] of (["noise1", "noise2"] as const).entries()) {
    const got = await stepper.run(micro === 0 ? "in/noise" : "in/noise2", micro);
    findings.push(
      ...compareLosses(`accumulated/${name}`, { got, expected: accumulated[name] }, tolerance),
    );
  }
  const norm = gradientNorm(stepper.store);
  findings.push(
    compareScalar({
      name: "accumulated/gradNorm",
      got: norm,
      expected: accumulated.gradNorm,
      tolerance,
    }),
  );
  await stepper.update(1);
  findings.push(
    ...(await compareParameters(fixture, recorded, {
      store: stepper.store,
      key: "accumulated",
      step: 1,
    })),
  );
  const got = await stepper.run("in/noise", 0);
  const expected = accumulated.afterStepWithNoise1;
  return [
    ...findings,
    ...compareLosses("accumulated/afterStepWithNoise1", { got, expected }, tolerance),
  ];
}

/**
 * The fixture's rule for parameters after a step: the share of elements that differ by over 1 % of the learning rate, and
 * the largest difference in units of it. AdamW's first steps are nearly lr·sign(g), so single elements may differ.
 */
async function compareParameters(
  fixture: Fixture,
  { config, tolerance, facts }: StepsFixture,
  {
    store,
    key,
    step,
  }: { readonly store: ParameterStore; readonly key: string; readonly step: number },
): Promise<readonly Finding[]> {
  const measured = tolerance.measured[key];
  if (measured === undefined) return [];
  let [elements, over, largest] = [0, 0, 0];
  const prefix = `after/${key}/`;
  for (const tensor of fixture.tensorNames.filter((each) => each.startsWith(prefix))) {
    const name = tensor.slice(prefix.length);
    const expected = await fixture.tensor(tensor);
    const got = store.values.get(name);
    if (got === undefined) return [{ name: tensor, error: Number.NaN, tolerance: 0 }];
    const zero = facts.zeroGradientInTheory.filter((each) => each.name === name);
    for (let i = 0; i < expected.data.length; i++) {
      if (zero.some(({ from, to }) => i >= from && i < to)) continue;
      const difference = Math.abs(Number(got.data[i]) - Number(expected.data[i])) / config.lr;
      elements++;
      if (!(difference <= 0.01)) over++;
      largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    }
  }
  const share = measured.elementsOver1PercentOfLr / measured.elements;
  return [
    {
      name: `after/${key}/share over 1% of lr`,
      error: over / elements,
      tolerance: 10 * share + 1e-4,
    },
    { name: `after/${key}/largest over lr`, error: largest, tolerance: 2 * step },
  ];
}

/** The values of all parameters now. */
function snapshot(store: ParameterStore): ReadonlyMap<string, Float32Array> {
  return new Map([...store.values].map(([name, { data }]) => [name, data.slice()]));
}

/** Parameters without a gradient must not have moved at all. */
function compareUnmoved(
  start: ReadonlyMap<string, Float32Array>,
  store: ParameterStore,
  { facts }: StepsFixture,
): readonly Finding[] {
  return facts.trainableWithoutGradient.map((name) => {
    const now: NdArray | undefined = store.values.get(name);
    const moved = start.get(name)?.some((value, i) => !Object.is(value, now?.data[i])) ?? true;
    return { name: `unmoved/${name}`, error: moved ? 1 : 0, tolerance: 0 };
  });
}
