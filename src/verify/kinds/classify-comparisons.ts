/** @file What a replayed classifier computed against what its fixture recorded: logits, gradients, parameters. */
import { buildGraph } from "../../engine/graph.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { classifier } from "../../model/heads/classifier.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import type { ParameterStore } from "../../train/parameter-store.ts";
import type { TracedObjective } from "../../train/step-program.ts";
import { toDoubles } from "../../util/nd-array.ts";
import type { Fixture } from "../fixture.ts";
import { norm } from "../gradient-figures.ts";
import type { Finding, ReplayOptions } from "../replay.ts";
import { compareScalar, compareTensor, countFinding } from "../tolerance.ts";
import { imageOf, type Recorded } from "./classify-record.ts";

/** A replay in work: the model's buffers, its step, and what it is fed. */
export interface Replaying {
  readonly fixture: Fixture;
  readonly recorded: Recorded;
  readonly traced: TracedObjective;
  readonly store: ParameterStore;
  readonly feeds: NamedArrays;
  readonly options: ReplayOptions;
}

/** Logits of the first pass, or after some steps without stochastic depth. */
export async function compareLogits(
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
export async function compareGradients({
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
export async function compareParameters(
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
export function compareTrained(
  { trained: expected }: Pick<Recorded, "trained">,
  { trained }: TracedObjective,
): readonly Finding[] {
  if (expected === undefined) return [];
  const found = new Set(trained.map(({ name }) => name));
  const missing = expected.filter((name) => !found.has(name)).length;
  return [countFinding("trained", missing + Math.abs(found.size - expected.length))];
}

/** A number of a step. */
export const compareStep = (
  { tolerance }: Pick<Recorded, "tolerance">,
  name: string,
  got: number,
  expected: number | undefined,
): Finding => compareScalar({ name, got, expected: expected ?? Number.NaN, tolerance });

/** The values of every parameter now. */
export const snapshot = (store: ParameterStore): ReadonlyMap<string, Float32Array> =>
  new Map([...store.values].map(([name, { data }]) => [name, data.slice()]));

/** A parameter without a gradient must not have moved at all. */
export function compareUnmoved(
  start: ReadonlyMap<string, Float32Array>,
  { store, traced }: Replaying,
): readonly Finding[] {
  const moved = traced.fixed.filter(({ name }) => {
    const now = store.values.get(name)?.data;
    return start.get(name)?.some((value, i) => !Object.is(value, now?.[i])) ?? true;
  });
  return [countFinding("unmoved", moved.length)];
}

/** What is recorded and not known here cannot pass. */
export const unknown = (name: string): Finding => ({ name, error: Number.NaN, tolerance: 0 });
