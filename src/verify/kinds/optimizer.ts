/** @file Replays the `optimizer` fixture: AdamW and SGD on given gradients, with and without clipping (SPEC 3.6, 4.1). */
import { z } from "zod";
import { input } from "../../engine/tensor.ts";
import { constant } from "../../nn/initializers.ts";
import type { Parameter } from "../../nn/scope.ts";
import { clippingFactor, gradientNorm } from "../../train/gradient-norm.ts";
import { adamw } from "../../train/optimizers/adamw.ts";
import { type Optimizer, OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import type { Finding, Replay, ReplayOptions } from "../replay.ts";
import { compareScalar, compareTensor, type Tolerance, toleranceSchema } from "../tolerance.ts";

const caseSchema = z
  .object({ weightDecay: z.number(), clip: z.number().nullable() })
  .and(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("adamw"), beta1: z.number(), beta2: z.number(), eps: z.number() }),
      z.object({ kind: z.literal("sgd"), momentum: z.number() }),
    ]),
  );

const fixtureSchema = z.object({
  config: z.object({
    steps: z.int().positive(),
    lr: z.array(z.number()),
    noDecay: z.array(z.string()),
    cases: z.record(z.string(), caseSchema),
  }),
  expect: z.object({ gradNormBeforeClipping: z.record(z.string(), z.array(z.number())) }),
  tolerance: toleranceSchema,
});

type OptimizerFixture = z.infer<typeof fixtureSchema>;
type OptimizerCase = z.infer<typeof caseSchema>;

/** Steps every case and compares parameters and state after each step. */
export const replayOptimizer: Replay = async (fixture, options) => {
  const recorded = fixtureFields(fixture, fixtureSchema);
  const findings: Finding[] = [];
  for (const name of Object.keys(recorded.config.cases)) {
    findings.push(...(await replayCase(fixture, recorded, { ...options, name })));
  }
  return findings;
};

function optimizerOf(settings: OptimizerCase): Optimizer {
  return settings.kind === "adamw" ? adamw(settings) : sgd(settings);
}

async function namedTensors(
  fixture: Fixture,
  prefix: string,
): Promise<ReadonlyMap<string, NdArray<"f32">>> {
  const names = fixture.tensorNames.filter((name) => name.startsWith(prefix));
  const entries = names.map(
    async (name): Promise<[string, NdArray<"f32">]> => [
      name.slice(prefix.length),
      (await fixture.tensor(name)) as NdArray<"f32">,
    ],
  );
  return new Map(await Promise.all(entries));
}

async function replayCase(
  fixture: Fixture,
  { config, expect, tolerance }: OptimizerFixture,
  { name, device: provider, threads }: ReplayOptions & { readonly name: string },
): Promise<readonly Finding[]> {
  const settings = config.cases[name];
  if (settings === undefined) return [];
  const start = await namedTensors(fixture, "param/");
  const gradientNames = new Set((await namedTensors(fixture, "in/gradient/1/")).keys());
  const optimizer = optimizerOf(settings);
  const parameters = [...start].map(
    ([parameter, { shape }]): Parameter => ({
      name: parameter,
      shape,
      initializer: constant(0),
      trainable: true,
      tensor: input(parameter, "f32", shape),
    }),
  );
  const store = new ParameterStore({
    trained: parameters.filter((parameter) => gradientNames.has(parameter.name)),
    fixed: parameters.filter((parameter) => !gradientNames.has(parameter.name)),
    slots: optimizer.slots,
    rules: [
      {
        name: "no-decay",
        weightDecay: 0,
        lrScale: 1,
        matches: (each) => config.noDecay.includes(each.name),
      },
      { name: "decay", weightDecay: settings.weightDecay, lrScale: 1, matches: () => true },
    ],
  });
  for (const [parameter, value] of start) writeView(store.values, parameter, value);
  await using program = await OptimizerProgram.compile(optimizer, store, { provider, threads });
  const findings: Finding[] = [];
  for (let step = 1; step <= config.steps; step++) {
    for (const [parameter, gradient] of await namedTensors(fixture, `in/gradient/${step}/`)) {
      writeView(store.gradients, parameter, gradient);
    }
    const norm = gradientNorm(store);
    const expected = expect.gradNormBeforeClipping[name]?.[step - 1];
    if (expected !== undefined) {
      findings.push(
        compareScalar({ name: `${name}/gradNorm/${step}`, got: norm, expected, tolerance }),
      );
    }
    const lr = config.lr[step - 1] ?? Number.NaN;
    await program.update({ step, lr, gradientScale: clippingFactor(norm, settings.clip) });
    findings.push(...(await compareStep(fixture, store, { name, step, tolerance })));
  }
  return findings;
}

async function compareStep(
  fixture: Fixture,
  store: ParameterStore,
  {
    name,
    step,
    tolerance,
  }: { readonly name: string; readonly step: number; readonly tolerance: Tolerance },
): Promise<readonly Finding[]> {
  const recorded = fixture.tensorNames.filter((key) => key.match(`^out/${name}/[^/]+/${step}/`));
  const findings = recorded.map(async (key): Promise<readonly Finding[]> => {
    const [slot = "", , parameter = ""] = key.slice(`out/${name}/`.length).split("/");
    const got =
      slot === "after" ? store.values.get(parameter) : store.moments.get(`${slot}/${parameter}`);
    if (got === undefined) return [{ name: key, error: Number.NaN, tolerance: 0 }];
    return compareTensor({ name: key, got, expected: await fixture.tensor(key), tolerance });
  });
  return (await Promise.all(findings)).flat();
}
