/** @file What a replayed segmenter computed against what its fixture recorded: logits, Dice, parameters and running statistics. */
import { buildGraph } from "../../engine/graph.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { segmenter } from "../../model/heads/segmenter.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { probabilitiesOf } from "../../tasks/classify/probabilities.ts";
import type { ParameterStore } from "../../train/parameter-store.ts";
import type { TracedObjective } from "../../train/step-program.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type { Fixture } from "../fixture.ts";
import type { Finding, ReplayOptions } from "../replay.ts";
import { compareTensor, countFinding } from "../tolerance.ts";
import { compareStep, unknown } from "./classify-comparisons.ts";
import { recordedDice } from "./dice.ts";
import { floats } from "./recorded-inputs.ts";
import { asScalar, imageOf, type Recorded, suffixOf } from "./segment-record.ts";

/** A replay in work: the model's buffers, its step, and what it is fed. */
export interface Replaying {
  readonly fixture: Fixture;
  readonly recorded: Recorded;
  readonly traced: TracedObjective;
  readonly store: ParameterStore;
  readonly feeds: NamedArrays;
  readonly options: ReplayOptions;
}

/** Logits of one forward pass, [B, C, S, S]. */
async function computeLogits(
  logits: Tensor,
  values: NamedArrays,
  { feeds, options }: Replaying,
): Promise<NdArray<"f32">> {
  const device = { provider: options.device, threads: options.threads };
  await using program = await Program.compile(buildGraph({ logits }), device);
  const computed = (await program.run(new Map([...values, ...feeds]))).get("logits");
  if (computed === undefined) throw new RangeError("internal: a program without its output");
  return floats(computed);
}

/** The logits of the first pass in training, plane by plane. */
export async function compareLogits(replaying: Replaying): Promise<readonly Finding[]> {
  const { recorded, traced, store } = replaying;
  const logits = traced.taps.get("logits");
  if (logits === undefined) return [unknown("out/logits")];
  const computed = await computeLogits(logits, store.values, replaying);
  return comparePlanes(replaying, computed, (suffix) => `out/logits${suffix}`, recorded);
}

/**
 * Logits in evaluation after a step, and Dice of them. They are those of the recorded parameters: our own have convolution biases
 * that rounding alone has moved, which the batch's mean cancels in training and the running mean here does not.
 */
export async function compareEvaluation(
  replaying: Replaying,
  step: number,
): Promise<readonly Finding[]> {
  const { fixture, recorded, store } = replaying;
  const nameOf = (suffix: string): string => `out/logits${suffix}_eval_of_after_${step}`;
  if (!recorded.config.decoders.some((each) => has(fixture, nameOf(suffixOf(recorded, each)))))
    return [];
  const values = new Map(store.values);
  for (const [parameter, array] of await recordedAfter(fixture, step)) {
    values.set(parameter, asScalar(array, store.values.get(parameter)?.shape ?? array.shape));
  }
  const logits = segmenter(new Scope(new Trace()), imageOf(recorded), {
    ...recorded.model,
    training: false,
  });
  const computed = await computeLogits(logits, values, replaying);
  return [
    ...(await comparePlanes(replaying, computed, nameOf, recorded)),
    ...compareDice(replaying, computed),
  ];
}

const has = (fixture: Fixture, tensor: string): boolean => fixture.tensorNames.includes(tensor);

/** What is recorded after a step, by the parameter's name. */
async function recordedAfter(
  fixture: Fixture,
  step: number,
): Promise<ReadonlyMap<string, NdArray<"f32">>> {
  const prefix = `after/${step}/`;
  const names = fixture.tensorNames.filter((each) => each.startsWith(prefix));
  const found = new Map<string, NdArray<"f32">>();
  for (const name of names)
    found.set(name.slice(prefix.length), floats(await fixture.tensor(name)));
  return found;
}

/** The plane of every decoder against its recorded tensor [B, S, S]. */
async function comparePlanes(
  { fixture }: Replaying,
  logits: NdArray<"f32">,
  nameOf: (suffix: string) => string,
  recorded: Recorded,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [plane, decoder] of recorded.config.decoders.entries()) {
    const name = nameOf(suffixOf(recorded, decoder));
    if (!has(fixture, name)) {
      findings.push(unknown(name));
      continue;
    }
    const [got, expected] = [planeOf(logits, plane), await fixture.tensor(name)];
    findings.push(...compareTensor({ name, got, expected, tolerance: recorded.tolerance }));
  }
  return findings;
}

/** One class of [B, C, S, S]: [B, S, S]. */
function planeOf({ shape, data }: NdArray<"f32">, plane: number): NdArray<"f32"> {
  const [batch = 0, classes = 0, height = 0, width = 0] = shape;
  const pixels = height * width;
  const chosen = new Float32Array(batch * pixels);
  for (let image = 0; image < batch; image++) {
    const from = (image * classes + plane) * pixels;
    chosen.set(data.subarray(from, from + pixels), image * pixels);
  }
  return { dtype: "f32", shape: [batch, height, width], data: chosen };
}

/** A pixel is predicted above it. */
const THRESHOLD = 0.5;

function compareDice({ recorded, feeds }: Replaying, logits: NdArray<"f32">): readonly Finding[] {
  const targets = feeds.get("targets");
  if (targets === undefined || recorded.dice.length === 0) return [];
  return recorded.config.decoders.flatMap((decoder, plane) => {
    const { shape, data } = planeOf(logits, plane);
    const scores = probabilitiesOf(data, { task: "multi-label", classes: 1 });
    const predicted = { dtype: "f32", shape, data: scores } as const;
    const truth = planeOf(floats(targets), plane);
    const ours = recordedDice({ predicted, truth }, THRESHOLD);
    const expected = recorded.dice[plane] ?? [];
    return [
      countFinding(`evalDicePerImage/${decoder}`, Math.abs(ours.length - expected.length)),
      ...ours.map((dice, image) =>
        compareStep(recorded, `evalDicePerImage/${decoder}/${image + 1}`, dice, expected[image]),
      ),
    ];
  });
}

/** Every parameter and running statistic that is recorded after a step. */
export async function compareParameters(
  { fixture, recorded: { tolerance }, store }: Replaying,
  step: number,
): Promise<readonly Finding[]> {
  return [...(await recordedAfter(fixture, step))].flatMap(([parameter, array]) => {
    const name = `after/${step}/${parameter}`;
    const got = store.values.get(parameter);
    if (got === undefined) return [unknown(name)];
    return compareTensor({ name, got, expected: asScalar(array, got.shape), tolerance });
  });
}

/** What has neither a gradient nor a running statistic must not have moved at all. */
export function compareUnmoved(
  start: ReadonlyMap<string, Float32Array>,
  { store, traced: { fixed, moves } }: Replaying,
): Finding {
  const moved = fixed.filter(({ name }) => {
    const now = store.values.get(name)?.data;
    const changed = start.get(name)?.some((value, i) => !Object.is(value, now?.[i])) ?? true;
    return changed && !moves.has(name);
  });
  return countFinding("unmoved", moved.length);
}
