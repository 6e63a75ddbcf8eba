/** @file Finds where in a step numbers stopped being finite: in a parameter, an input, an intermediate, a loss or a gradient. */
import { buildGraph } from "../engine/graph.ts";
import { type CompileOptions, type NamedArrays, Program } from "../engine/runtime/program.ts";
import type { Tensor } from "../engine/tensor.ts";
import { describeShape, type NdArray, sizeOf } from "../util/nd-array.ts";
import { LOSS_SCALE, type TracedObjective } from "./step-program.ts";

/** What an array is in a step. */
export type ArrayRole = "parameter" | "input" | "tensor" | "loss" | "gradient";

/** An array with numbers that are not finite. */
export interface Culprit {
  readonly role: ArrayRole;
  readonly name: string;
  /** Its type and shape, such as `f32[8,197,768]`. */
  readonly type: string;
  /** How many of its elements are not finite, and how many there are. */
  readonly bad: number;
  readonly size: number;
  /** The first of them: `NaN`, `Infinity` or `-Infinity`. */
  readonly first: string;
}

/** The first array, in the order in which they are given, that holds a number which is not finite. */
export function findNonFinite(
  role: ArrayRole,
  arrays: Iterable<readonly [name: string, array: NdArray]>,
): Culprit | undefined {
  for (const [name, array] of arrays) {
    if (array.dtype !== "f32" && array.dtype !== "f64") continue;
    let bad = 0;
    let first = "";
    for (const value of array.data as Float32Array) {
      if (Number.isFinite(value)) continue;
      if (bad === 0) first = `${value}`;
      bad += 1;
    }
    if (bad > 0)
      return { role, name, type: describeShape(array), bad, size: sizeOf(array.shape), first };
  }
  return undefined;
}

/** `the parameter "head.bias" f32[2]: 1 of 2 numbers, the first NaN` */
export function describeCulprit({ role, name, type, bad, size, first }: Culprit): string {
  const shown =
    bad === size ? `all of it ${first}` : `${bad} of ${size} numbers, the first ${first}`;
  return size === 1 ? `the ${role} "${name}": ${first}` : `the ${role} "${name}" ${type}: ${shown}`;
}

/** One step over one micro-batch, to be looked into. */
export interface ExaminedStep {
  readonly traced: TracedObjective;
  readonly values: NamedArrays;
  readonly feeds: NamedArrays;
  /** What the gradients are multiplied by. */
  readonly lossScale: number;
  readonly device: CompileOptions;
}

/** What a step over one micro-batch computes, as far as it was looked at. */
export interface Diagnosis {
  /** The first array that is not finite, in the order of computation; undefined when all are. */
  readonly culprit: Culprit | undefined;
  readonly losses: Readonly<Record<string, number>>;
}

/**
 * Runs a step again with its named intermediates as outputs, and says where it goes wrong. The order of search is that of
 * computation: parameters, inputs, intermediates as the model names them, losses, and gradients from the last parameter to the
 * first. Compiles graphs of its own, so it takes a while and the memory of all intermediates.
 */
export async function diagnoseStep(step: ExaminedStep): Promise<Diagnosis> {
  const { traced, values, feeds } = step;
  const before = findNonFinite("parameter", values) ?? findNonFinite("input", feeds);
  const { taps, objective, gradients } = traced;
  const parts = new Map(Object.entries(objective.parts));
  const forward = await compute(step, new Map([...prefixed(TAP, taps), ...prefixed(PART, parts)]));
  const found = unprefixed(PART, forward);
  const losses = Object.fromEntries(found.map(([name, { data }]) => [name, Number(data[0])]));
  const inForward =
    before ?? findNonFinite("tensor", unprefixed(TAP, forward)) ?? findNonFinite("loss", found);
  if (inForward !== undefined) return { culprit: inForward, losses };
  const backward = await compute(step, new Map(prefixed(GRADIENT, gradients)));
  const last = unprefixed(GRADIENT, backward).reverse();
  return { culprit: findNonFinite("gradient", last), losses };
}

const TAP = "tap/";
const PART = "part/";
const GRADIENT = "gradient/";

const prefixed = (prefix: string, tensors: ReadonlyMap<string, Tensor>): [string, Tensor][] =>
  [...tensors].map(([name, tensor]) => [prefix + name, tensor]);

const unprefixed = (prefix: string, arrays: NamedArrays): [string, NdArray][] =>
  [...arrays].flatMap(([name, array]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
  );

async function compute(
  { values, feeds, lossScale, device }: ExaminedStep,
  outputs: ReadonlyMap<string, Tensor>,
): Promise<NamedArrays> {
  const program = await Program.compile(buildGraph(outputs), device);
  try {
    const scale: NdArray = { dtype: "f32", shape: [], data: Float32Array.of(lossScale) };
    return await program.run(new Map([...values, ...feeds, [LOSS_SCALE, scale]]));
  } finally {
    await program[Symbol.asyncDispose]();
  }
}
