/** @file A layer traced by itself with random inputs, parameters and masks, for tests of its result and of its gradient. */
import { buildGraph } from "../src/engine/graph.ts";
import type { Tensor } from "../src/engine/tensor.ts";
import { Scope, Trace } from "../src/nn/scope.ts";
import type { NdArray } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";
import { between, booleans, type Draw, drawAll, normal } from "./draw.ts";
import { interpret } from "./reference/interpreter.ts";
import type { Values } from "./reference/values.ts";
import { asValues, type Traced, trace } from "./trace.ts";

/** A layer as a function of its scope and inputs. */
export type Layer<Name extends string> = (
  scope: Scope,
  inputs: Readonly<Record<Name, Tensor>>,
) => Tensor | readonly Tensor[];

/** A layer that was traced; `inputs` and `arrays` hold its parameters and masks too. */
export interface TracedLayer extends Traced {
  /** What it declared. */
  readonly trace: Trace;
  /** The array of an input, parameter or mask, as doubles. */
  value(name: string): Values;
  /** An output, computed in float64. */
  output(index?: number): Values;
  /** An intermediate that it names, by its path below the layer's scope, computed in float64. */
  tap(path: string): Values;
}

/**
 * Traces a layer at the scope `layer`. Parameters and masks are drawn like inputs, whatever their own rules: zeros and ones
 * would hide mistakes.
 */
export function traceLayer<Name extends string>(
  layer: Layer<Name>,
  draws: Readonly<Record<Name, Draw>>,
  seed = 0,
): TracedLayer {
  const declared = new Trace();
  const traced = trace(
    (inputs) => layer(new Scope(declared, "layer"), inputs),
    drawAll(draws, seed),
  );
  const inputs = new Map(traced.inputs);
  const arrays = new Map<string, NdArray>(traced.arrays);
  const add = (name: string, tensor: Tensor, draw: Draw): void => {
    inputs.set(name, tensor);
    arrays.set(name, draw(new RandomStream({ seed, name: `test/${name}` })));
  };
  for (const { name, shape, tensor } of declared.parameters.values()) {
    const isVariance = name.endsWith("running_var"); // a root is taken of it
    add(name, tensor, isVariance ? between(0.5, 2, ...shape) : normal(...shape));
  }
  for (const { name, shape, tensor } of declared.masks.values())
    add(name, tensor, booleans(...shape));
  const values = asValues(arrays);
  const { outputs } = traced;
  const found = <T>(value: T | undefined, what: string | number): T => {
    if (value === undefined) throw new RangeError(`Cannot find ${what} in the traced layer`);
    return value;
  };
  const computed = (tensor: Tensor | undefined, what: string | number): Values =>
    found(interpret(buildGraph({ result: found(tensor, what) }), values).get("result"), what);
  return {
    inputs,
    arrays,
    outputs,
    trace: declared,
    value: (name) => found(values.get(name), name),
    output: (index = 0) => computed(outputs[index], index),
    tap: (path) => computed(declared.taps.get(`layer.${path}`), path),
  };
}
