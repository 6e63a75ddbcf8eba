/** @file Replays the `classify` fixtures: logits, loss, gradients and SGD steps of the classifier and of its linear probe (SPEC 4.1). */
import { z } from "zod";
import { buildGraph } from "../../engine/graph.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import { input, type Tensor } from "../../engine/tensor.ts";
import { CHANNELS } from "../../model/config.ts";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import { type ClassifierConfig, classifier } from "../../model/heads/classifier.ts";
import { dropPathRates } from "../../nn/drop-path.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { labelFeeds, labelledLoss } from "../../tasks/classify/labelled-loss.ts";
import { clippingFactor, gradientNorm } from "../../train/gradient-norm.ts";
import { OptimizerProgram } from "../../train/optimizers/optimizer.ts";
import { sgd } from "../../train/optimizers/sgd.ts";
import { ParameterStore, writeView } from "../../train/parameter-store.ts";
import { factorAtStep } from "../../train/schedule.ts";
import { StepProgram, type TracedObjective, traceObjective } from "../../train/step-program.ts";
import { type NdArray, toDoubles, zeros } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { formulaParameter, formulaTensor } from "../formula.ts";
import { norm } from "../gradient-figures.ts";
import type { Finding, Replay, ReplayOptions } from "../replay.ts";
import { compareScalar, compareTensor, countFinding, toleranceSchema } from "../tolerance.ts";

const size = z.int().positive();
const perStep = z.union([z.number(), z.array(z.number())]).transform((value) => [value].flat());
const expectSchema = z.object({
  loss: perStep,
  gradNorm: perStep,
  lr: perStep.default([]),
  gradNormOf: z.record(z.string(), z.number()).default({}),
});

const fixtureSchema = z.object({
  parameters: z.enum(["stored", "formula"]),
  config: z.object({
    imageSize: size,
    patch: size,
    dim: size,
    depth: size,
    heads: size,
    mlpRatio: z.number(),
    layerNormEps: z.number(),
    batch: size,
    classes: size,
    dropPathRate: z.number(),
    loss: z.string(),
    mode: z.string(),
    salt: z.string().default(""),
    optimiser: z
      .object({ kind: z.literal("sgd"), momentum: z.number(), weightDecay: z.number() })
      .optional(),
    clipGradNorm: z.object({ max: z.number() }).optional(),
    schedule: z
      .object({
        kind: z.literal("warmup-cosine"),
        base: z.number(),
        warmup: z.number(),
        total: z.number(),
      })
      .optional(),
  }),
  /** Parameters that move; all of them where nothing is said. */
  trained: z.array(z.string()).optional(),
  expect: expectSchema,
  expect64: expectSchema,
  tolerance: toleranceSchema,
});

type ClassifyFixture = z.infer<typeof fixtureSchema>;

/** A fixture's classifier as our options. */
interface Recorded extends ClassifyFixture {
  readonly task: ClassificationTask;
  readonly model: ClassifierConfig;
  /** The rate of stochastic depth that the first pass is computed with. */
  readonly dropPath: number;
}

/** A replay in work: the model's buffers, its step, and what it is fed. */
interface Replaying {
  readonly fixture: Fixture;
  readonly recorded: Recorded;
  readonly traced: TracedObjective;
  readonly store: ParameterStore;
  readonly feeds: NamedArrays;
  readonly options: ReplayOptions;
}

/** Computes the first pass, then as many steps as are recorded, and compares everything. */
export const replayClassify: Replay = async (fixture, options) => {
  const recorded = readRecorded(fixture);
  const traced = traceClassifier(recorded);
  const optimizer = sgd({ momentum: recorded.config.optimiser?.momentum ?? 0 });
  const weightDecay = recorded.config.optimiser?.weightDecay ?? 0;
  const store = new ParameterStore({
    ...{ trained: traced.trained, fixed: traced.fixed, slots: optimizer.slots },
    rules: [{ name: "all", weightDecay, lrScale: 1, matches: () => true }],
  });
  for (const parameter of [...traced.trained, ...traced.fixed]) {
    writeView(store.values, parameter.name, await recordedParameter(fixture, recorded, parameter));
  }
  const feeds = await recordedFeeds(fixture, recorded, traced);
  const replaying: Replaying = { fixture, recorded, traced, store, feeds, options };
  const findings = [
    ...compareTrained(recorded, traced),
    ...(await compareLogits(replaying, "logits")),
  ];
  const device = { provider: options.device, threads: options.threads };
  await using step = await StepProgram.compile(traced, store, { ...device, accumulate: 1 });
  await using updater = await OptimizerProgram.compile(optimizer, store, device);
  const start = snapshot(store);
  for (const [at, expectedLoss] of recorded.expect64.loss.entries()) {
    const number = at + 1;
    const { loss = Number.NaN } = await step.run(feeds, { micro: 0 });
    const gradNorm = gradientNorm(store);
    findings.push(
      scalar(recorded, `loss/${number}`, loss, expectedLoss),
      scalar(recorded, `gradNorm/${number}`, gradNorm, recorded.expect64.gradNorm[at]),
    );
    if (number === 1) findings.push(...(await compareGradients(replaying)));
    const lr = rateAt(recorded, number);
    if (lr === undefined) continue;
    findings.push(scalar(recorded, `lr/${number}`, lr, recorded.expect64.lr[at]));
    const gradientScale = clippingFactor(gradNorm, recorded.config.clipGradNorm?.max ?? null);
    await updater.update({ step: number, lr, gradientScale });
    findings.push(...(await compareParameters(replaying, number)));
    const after = `logits_eval_after_${number}`;
    if (fixture.tensorNames.includes(`out/${after}`)) {
      findings.push(...(await compareLogits(replaying, after)));
    }
  }
  return [...findings, ...compareUnmoved(start, replaying)];
};

function readRecorded(fixture: Fixture): Recorded {
  const recorded = fixtureFields(fixture, fixtureSchema);
  const { config } = recorded;
  const { imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, classes } = config;
  return {
    ...recorded,
    task: config.loss.startsWith("cross-entropy") ? "single-label" : "multi-label",
    model: {
      ...{ imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, classes },
      positionExponent: "k/(2d)", // the recorded table, a parameter here, takes its place
    },
    dropPath: config.mode.startsWith("eval") ? 0 : config.dropPathRate,
  };
}

const imageOf = ({ config: { batch, imageSize } }: Recorded): Tensor =>
  input("image", "f32", [batch, CHANNELS, imageSize, imageSize]);

function traceClassifier(recorded: Recorded): TracedObjective {
  const { model, dropPath, task, trained } = recorded;
  return traceObjective(
    (scope) => {
      const logits = classifier(scope, imageOf(recorded), { ...model, dropPath });
      const loss = labelledLoss(scope.tap("logits", logits), { task });
      return { loss, parts: { loss } };
    },
    { trains: (name) => trained === undefined || trained.includes(name) },
  );
}

async function recordedParameter(
  fixture: Fixture,
  { parameters, config: { salt } }: Recorded,
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
): Promise<NdArray<"f32">> {
  if (parameters === "formula") return formulaParameter({ name, shape, salt });
  return floats(await fixture.tensor(`param/${name}`));
}

const imagesSchema = z.object({
  inputs: z.object({
    images: z.union([
      z.string(),
      z.object({
        formula: z.object({
          name: z.string(),
          shape: z.array(size),
          scale: z.number(),
          shift: z.number(),
        }),
      }),
    ]),
  }),
});

async function recordedFeeds(
  fixture: Fixture,
  recorded: Recorded,
  traced: TracedObjective,
): Promise<NamedArrays> {
  const { images } = fixtureFields(fixture, imagesSchema).inputs;
  const image =
    typeof images === "string"
      ? floats(await fixture.tensor("in/images"))
      : formulaTensor(images.formula);
  const labels = oneHot(await fixture.tensor("in/labels"), recorded);
  const masks = traced.masks.length === 0 ? [] : await dropPathMasks(fixture, recorded);
  return new Map<string, NdArray>([
    ["image", image],
    ...labelFeeds(labels, recorded.task),
    ...masks,
  ]);
}

/** The recorded labels, [B, C] of 0 and 1 or [B, 1] of class numbers, as [B, C] of 0 and 1. */
function oneHot(labels: NdArray, { task, config: { batch, classes } }: Recorded): NdArray<"i32"> {
  const rows = zeros("i32", [batch, classes]);
  for (const [i, label] of Array.from(toDoubles(labels)).entries()) {
    if (task === "multi-label") rows.data[i] = label;
    else rows.data[i * classes + label] = 1;
  }
  return rows;
}

/** Recorded draws [blocks with a rate, 2, B] as masks: a sample is kept where ⌊1 − p + draw⌋ is 1, in single precision. */
async function dropPathMasks(
  fixture: Fixture,
  { config: { depth, batch }, dropPath }: Recorded,
): Promise<[string, NdArray][]> {
  const draws = toDoubles(await fixture.tensor("in/drop_path_draws"));
  const dropping = [...dropPathRates(depth, dropPath).entries()].filter(([, rate]) => rate > 0);
  return dropping.flatMap(([block, rate], row) =>
    ["attn", "mlp"].map((branch, column): [string, NdArray] => {
      const keep = Math.fround(1 - rate);
      const from = (2 * row + column) * batch;
      const kept = draws.subarray(from, from + batch);
      const data = Uint8Array.from(kept, (draw) => Math.floor(Math.fround(keep + draw)));
      return [`drop-path/blocks.${block}.${branch}`, { dtype: "bool", shape: [batch, 1, 1], data }];
    }),
  );
}

/** Logits of the first pass, or after some steps without stochastic depth. */
async function compareLogits(
  { fixture, recorded, traced, store, feeds, options }: Replaying,
  output: string,
): Promise<readonly Finding[]> {
  const isFirst = output === "logits";
  const evaluated = (): Tensor =>
    classifier(new Scope(new Trace()), imageOf(recorded), { ...recorded.model, dropPath: 0 });
  const logits = isFirst ? (traced.taps.get("logits") ?? evaluated()) : evaluated();
  const device = { provider: options.device, threads: options.threads };
  await using program = await Program.compile(buildGraph({ logits }), device);
  const got = (await program.run(new Map([...store.values, ...feeds]))).get("logits");
  const name = `out/${output}`;
  if (got === undefined) return [unknown(name)];
  const expected = await fixture.tensor(name);
  return compareTensor({ name, got, expected, tolerance: recorded.tolerance });
}

/** The gradients of the first pass: whole, or by norm and first eight elements. */
async function compareGradients({
  fixture,
  recorded: { expect64, tolerance },
  store,
}: Replaying): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of fixture.tensorNames) {
    const [, kind, parameter = ""] = /^(grad|grad-head)\/(.*)$/.exec(name) ?? [];
    if (kind === undefined) continue;
    const got = store.gradients.get(parameter);
    const expected = await fixture.tensor(name);
    if (got === undefined) findings.push(unknown(name));
    else if (kind === "grad") findings.push(...compareTensor({ name, got, expected, tolerance }));
    else {
      const length = expected.data.length;
      const head = { dtype: "f32", shape: [length], data: got.data.subarray(0, length) } as const;
      const largest = toDoubles(got).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      findings.push(...compareTensor({ name, got: head, expected, tolerance, largest }));
    }
  }
  for (const [parameter, expected] of Object.entries(expect64.gradNormOf)) {
    const gradient = store.gradients.get(parameter);
    const got = gradient === undefined ? Number.NaN : norm(gradient);
    findings.push(compareScalar({ name: `gradNormOf/${parameter}`, got, expected, tolerance }));
  }
  return findings;
}

/** Every parameter that is recorded after a step. */
async function compareParameters(
  { fixture, recorded: { tolerance }, store }: Replaying,
  step: number,
): Promise<readonly Finding[]> {
  const prefix = `after/${step}/`;
  const findings: Finding[] = [];
  for (const name of fixture.tensorNames.filter((each) => each.startsWith(prefix))) {
    const got = store.values.get(name.slice(prefix.length));
    const expected = await fixture.tensor(name);
    findings.push(
      ...(got === undefined ? [unknown(name)] : compareTensor({ name, got, expected, tolerance })),
    );
  }
  return findings;
}

/** The parameters that move must be those that are recorded. */
function compareTrained(
  { trained: expected }: Recorded,
  { trained }: TracedObjective,
): readonly Finding[] {
  if (expected === undefined) return [];
  const found = new Set(trained.map(({ name }) => name));
  const missing = expected.filter((name) => !found.has(name)).length;
  return [countFinding("trained", missing + Math.abs(found.size - expected.length))];
}

/** The rate of a step, by the recorded schedule; undefined where nothing is stepped. */
function rateAt({ config: { schedule } }: Recorded, step: number): number | undefined {
  if (schedule === undefined) return undefined;
  const { base, warmup: warmupSteps, total: totalSteps } = schedule;
  return base * factorAtStep({ decay: "cosine", warmupSteps, totalSteps }, step);
}

const scalar = (
  { tolerance }: Recorded,
  name: string,
  got: number,
  expected: number | undefined,
): Finding => compareScalar({ name, got, expected: expected ?? Number.NaN, tolerance });

/** What is recorded and not known here cannot pass. */
const unknown = (name: string): Finding => ({ name, error: Number.NaN, tolerance: 0 });

const snapshot = (store: ParameterStore): ReadonlyMap<string, Float32Array> =>
  new Map([...store.values].map(([name, { data }]) => [name, data.slice()]));

/** A parameter without a gradient must not have moved at all. */
function compareUnmoved(
  start: ReadonlyMap<string, Float32Array>,
  { store, traced }: Replaying,
): readonly Finding[] {
  const moved = traced.fixed.filter(({ name }) => {
    const now = store.values.get(name)?.data;
    return start.get(name)?.some((value, i) => !Object.is(value, now?.[i])) ?? true;
  });
  return [countFinding("unmoved", moved.length)];
}

const floats = ({ shape, data }: NdArray): NdArray<"f32"> => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(data as ArrayLike<number | bigint>, Number),
});
