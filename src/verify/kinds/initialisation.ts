/** @file Replays the `initialisation` fixture: the rule of every parameter, and whether ours draws as it says (SPEC 3.5). */
import { declareEcampParameters } from "../../model/declare-parameters.ts";
import { type Initializer, initialValues } from "../../nn/initializers.ts";
import { type Shape, sameShape, sizeOf } from "../../util/nd-array.ts";
import { fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { countFinding } from "../tolerance.ts";
import {
  type InitialRule,
  initialisationSchema,
  type RecordedParameter,
  recordedConfig,
} from "./initialisation-record.ts";
import { compareInitialValues } from "./initialisation-statistics.ts";

/** What a model says about one of its parameters. */
export interface DeclaredParameter {
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly trainable: boolean;
}

function followsRule({ initializer, trainable }: DeclaredParameter, rule: InitialRule): boolean {
  const { kind, statistics, zeroRow } = initializer;
  switch (rule.kind) {
    case "xavier-uniform":
    case "conv-default-uniform":
      return trainable && kind === rule.kind && statistics?.bound === rule.bound;
    case "normal":
      return (
        trainable && kind === rule.kind && statistics?.std === rule.std && zeroRow === rule.zeroRow
      );
    case "constant":
      return trainable && kind === rule.kind && statistics?.mean === rule.value;
    case "sincos":
      return trainable === !rule.frozen && kind === "table";
    default:
      return rule satisfies never;
  }
}

/**
 * Compares every parameter of a model with the recorded ones: which there are, their shapes and rules exactly, and a fresh
 * draw of each against its rule.
 */
export function compareInitialisation(
  recorded: readonly RecordedParameter[],
  { declared, seed }: { declared: ReadonlyMap<string, DeclaredParameter>; seed: number },
): readonly Finding[] {
  const names = new Set(recorded.map(({ name }) => name));
  const extra = [...declared.keys()].filter((name) => !names.has(name)).length;
  const missing = recorded.filter(({ name }) => !declared.has(name)).length;
  const findings: Finding[] = [countFinding("parameters", extra + missing)];
  for (const parameter of recorded) {
    const { name, shape, rule } = parameter;
    const ours = declared.get(name);
    if (ours === undefined) continue;
    const fits = sameShape(ours.shape, shape);
    const faults = [!fits, !followsRule(ours, rule)].filter(Boolean).length;
    findings.push(countFinding(`rule/${name}`, faults));
    if (!fits) continue;
    const values = initialValues({ name, shape, initializer: ours.initializer, seed }).data;
    findings.push(...compareInitialValues(values, parameter));
  }
  return findings;
}

/** Every parameter of the full model that has the recorded sizes. */
export const replayInitialisation: Replay = async (fixture) => {
  const { config, parametersInOrder } = fixtureFields(fixture, initialisationSchema);
  const declared = declareEcampParameters(recordedConfig(parametersInOrder));
  let elements = 0;
  for (const { shape } of declared.values()) elements += sizeOf(shape);
  return [
    countFinding("count", Math.abs(declared.size - config.count)),
    countFinding("elements", Math.abs(elements - config.elements)),
    ...compareInitialisation(parametersInOrder, { declared, seed: config.seed }),
  ];
};
