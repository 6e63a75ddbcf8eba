/** @file Traces a function of named arrays, so that one description serves the interpreter, ONNX Runtime and the gradient check. */
import { input, type Tensor } from "../src/engine/tensor.ts";
import type { NdArray } from "../src/util/nd-array.ts";
import { mapRecord } from "./draw.ts";
import { type Values, valuesOf } from "./reference/values.ts";

/** A function of symbolic tensors. */
export type Traceable<Name extends string> = (
  inputs: Readonly<Record<Name, Tensor>>,
) => Tensor | readonly Tensor[];

/** A function that was traced: its inputs with the arrays that they stand for, and its outputs. */
export interface Traced {
  readonly arrays: ReadonlyMap<string, NdArray>;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly Tensor[];
}

/** Traces `f` with an input for every array. */
export function trace<Name extends string>(
  f: Traceable<Name>,
  arrays: Readonly<Record<Name, NdArray>>,
): Traced {
  const inputs = mapRecord(arrays, ({ dtype, shape }, name) => input(name, dtype, shape));
  const outputs = f(inputs);
  return {
    arrays: new Map(Object.entries<NdArray>(arrays)),
    inputs: new Map(Object.entries<Tensor>(inputs)),
    outputs: Array.isArray(outputs) ? outputs : [outputs as Tensor],
  };
}

/** Named arrays as the interpreter takes them. */
export const asValues = (arrays: ReadonlyMap<string, NdArray>): ReadonlyMap<string, Values> =>
  new Map([...arrays].map(([name, array]) => [name, valuesOf(array)]));
