/** @file Replays the `pretrain` fixtures: one batch through the whole model, every loss, stage and gradient (SPEC 3). */
import { z } from "zod";
import { buildGraph } from "../../engine/graph.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { gridOf } from "../../model/config.ts";
import { ecamp, ecampInputs } from "../../model/ecamp.ts";
import { ecampFeeds } from "../../model/ecamp-feeds.ts";
import { totalLoss } from "../../model/ecamp-losses.ts";
import type { PatchMasking } from "../../model/random-masking.ts";
import { traceObjective } from "../../train/step-program.ts";
import { type NdArray, toDoubles } from "../../util/nd-array.ts";
import { cropAs } from "../crop.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { compareGradients, gradientSchema, norm, sum } from "../gradient-figures.ts";
import {
  type FixtureModel,
  feedOptions,
  fixtureBatch,
  fixtureModel,
  fixtureParameter,
} from "../pretrain-model.ts";
import type { Finding, Replay, ReplayOptions } from "../replay.ts";
import { compareExactly, compareScalar, compareTensor } from "../tolerance.ts";

const scalars = z.record(z.string(), z.unknown());
const fixtureSchema = gradientSchema.and(
  z.object({
    outputs: z.record(z.string(), z.string()),
    expect: scalars,
    expect64: scalars.default({}),
  }),
);

type PretrainFixture = z.infer<typeof fixtureSchema>;

const FUSION = "bert_encoder.model.bert.context_fusion_layer";
/** The recorded stages by the path at which the model taps them. */
const STAGES: Readonly<Record<string, string>> = {
  small: "small",
  latent: "latent",
  pred: "pred",
  P: "predictedImage",
  superRes: "super_res.image",
  superResTopLeft: "super_res.image",
  superResBottomRight: "super_res.image",
  gap: "gap",
  textEmbedding: "bert_encoder.model.bert.embeddings.normed",
  crossAttention: `${FUSION}.cross_self_attention.probs`,
  fusion: `${FUSION}.output`,
  logits: "bert_encoder.model.cls.predictions.logits",
};

/** One batch, computed at one mask ratio. */
interface Computed {
  readonly losses: ReadonlyMap<string, number>;
  readonly stages: NamedArrays;
  readonly masking: PatchMasking;
  /** By parameter; empty where gradients were not asked for. */
  readonly gradients: NamedArrays;
}

/** Compares losses, stages and gradients, then losses and stages again with every patch visible where those are recorded. */
export const replayPretrain: Replay = async (fixture, options) => {
  const recorded = fixtureFields(fixture, fixtureSchema);
  const model = fixtureModel(fixture);
  const masked = await compute(fixture, model, {
    ...options,
    kept: model.kept,
    differentiate: true,
  });
  const findings = [
    ...(await compareStages(fixture, recorded, { computed: masked, suffix: "" })),
    ...compareScalars(recorded, masked),
    ...(await compareGradients(fixture, recorded, masked.gradients)),
  ];
  const whole = recorded.expect["atMaskRatio0"];
  if (whole === undefined) return findings;
  const visible = await compute(fixture, model, {
    ...options,
    kept: gridOf(model.config) ** 2,
    differentiate: false,
  });
  return [
    ...findings,
    ...(await compareStages(fixture, recorded, { computed: visible, suffix: "All" })),
    ...compareLosses(recorded, visible),
  ];
};

async function compute(
  fixture: Fixture,
  model: FixtureModel,
  options: ReplayOptions & { readonly kept: number; readonly differentiate: boolean },
): Promise<Computed> {
  const { kept, differentiate, device, threads } = options;
  const traced = traceObjective((scope) => {
    const losses = ecamp(scope, ecampInputs(model.config, { ...model, kept }), model.config);
    const total = totalLoss(losses);
    return { loss: total, parts: { ...losses, total } };
  });
  const outputs = new Map<string, Tensor>(Object.entries(traced.objective.parts));
  for (const [path, tensor] of traced.taps) outputs.set(`tap/${path}`, tensor);
  if (differentiate)
    for (const [name, gradient] of traced.gradients) outputs.set(`grad/${name}`, gradient);
  const { feeds, masking } = ecampFeeds(await fixtureBatch(fixture), {
    ...feedOptions(model),
    kept,
  });
  const all = new Map<string, NdArray>([
    ...feeds,
    ["lossScale", { dtype: "f32", shape: [], data: Float32Array.of(1) }],
  ]);
  for (const parameter of [...traced.trained, ...traced.fixed]) {
    all.set(parameter.name, await fixtureParameter(fixture, parameter, model));
  }
  await using program = await Program.compile(buildGraph(outputs), { provider: device, threads });
  const results = await program.run(all);
  const under = (prefix: string): NamedArrays =>
    new Map(
      [...results].flatMap(([name, array]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
      ),
    );
  return {
    losses: new Map(
      Object.keys(traced.objective.parts).map((name) => [name, Number(results.get(name)?.data[0])]),
    ),
    stages: under("tap/"),
    masking,
    gradients: under("grad/"),
  };
}

function stageOf(name: string, { stages, masking }: Computed): NdArray | undefined {
  if (name === "ids_keep") return masking.idsKeep;
  if (name === "ids_restore") return masking.idsRestore;
  if (name === "mask") return masking.mask;
  return stages.get(STAGES[name] ?? "");
}

async function compareStages(
  fixture: Fixture,
  { outputs, tolerance }: PretrainFixture,
  { computed, suffix }: { readonly computed: Computed; readonly suffix: string },
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const key of fixture.tensorNames.filter((name) => name.startsWith("out/"))) {
    const output = key.slice("out/".length);
    if (output.endsWith("All") !== (suffix === "All")) continue;
    const stage = output.slice(0, output.length - suffix.length);
    const expected = await fixture.tensor(key);
    const whole = stageOf(stage, computed);
    if (whole === undefined) {
      findings.push({ name: key, error: Number.NaN, tolerance: 0 }); // a stage that we do not know cannot pass
      continue;
    }
    const got = cropAs(whole, {
      name: key,
      description: outputs[output] ?? "",
      shape: expected.shape,
    });
    const isExact = expected.dtype === "i64" || stage === "mask";
    findings.push(
      ...(isExact
        ? [compareExactly({ name: key, got: got.data, expected: toDoubles(expected) })]
        : compareTensor({ name: key, got, expected, tolerance })),
    );
  }
  return findings;
}

/** The best recorded value of a scalar: in double where there is one. */
function expectedScalar({ expect, expect64 }: PretrainFixture, name: string): number {
  const value = expect64[name] ?? expect[name];
  return typeof value === "number" ? value : Number.NaN;
}

function compareScalars(recorded: PretrainFixture, computed: Computed): readonly Finding[] {
  const names = Object.entries(recorded.expect).flatMap(([name, value]) =>
    typeof value === "number" ? [name] : [],
  );
  return names.map((name) =>
    compareScalar({
      name,
      got: scalarOf(name, computed),
      expected: expectedScalar(recorded, name),
      tolerance: recorded.tolerance,
    }),
  );
}

/** A loss, the gradient norm, or the sum or norm of a whole stage. NaN, which never passes, for a name that we do not know. */
function scalarOf(name: string, computed: Computed): number {
  const loss = computed.losses.get(name);
  if (loss !== undefined) return loss;
  if (name === "gradNorm" || name === "gradNormF32") {
    return Math.hypot(...[...computed.gradients.values()].map((gradient) => norm(gradient)));
  }
  const [, stage = "", figure] = name.match(/^(\w+?)(Sum|Norm)$/) ?? [];
  const array = stageOf(stage, computed);
  if (array === undefined) return Number.NaN;
  return figure === "Sum" ? sum(array) : norm(array);
}

function compareLosses(
  { expect, expect64, tolerance }: PretrainFixture,
  { losses }: Computed,
): readonly Finding[] {
  const recorded = z
    .record(z.string(), z.number())
    .parse(expect64["atMaskRatio0"] ?? expect["atMaskRatio0"]);
  return Object.entries(recorded).map(([name, expected]) =>
    compareScalar({
      name: `atMaskRatio0/${name}`,
      got: losses.get(name) ?? Number.NaN,
      expected,
      tolerance,
    }),
  );
}
