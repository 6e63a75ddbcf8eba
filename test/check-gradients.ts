/** @file Checks gradients against central finite differences; everything is computed in float64 by the reference interpreter. */
import { gradients } from "../src/engine/grad.ts";
import { buildGraph, type Graph } from "../src/engine/graph.ts";
import { add, mul } from "../src/engine/ops/elementwise.ts";
import { reduceSum } from "../src/engine/ops/reduce.ts";
import { constant, inputName, scalar, type Tensor } from "../src/engine/tensor.ts";
import type { NdArray } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";
import { assertClose } from "./close.ts";
import { normal } from "./draw.ts";
import {
  interpret,
  interpretAll,
  type NamedValues,
  type TensorValues,
} from "./reference/interpreter.ts";
import { build } from "./reference/values.ts";
import { asValues, type Traceable, type Traced, trace } from "./trace.ts";

/** How a check is made. */
export interface GradientCheck {
  /** Seeds the weights with which the outputs are summed, and the choice of elements. */
  readonly seed?: number;
  /**
   * Allowed difference, as a share of the largest derivative of an input. The differences themselves are good to some 1e-10;
   * what is left is that constants in the rules are stored in f32, each with a relative error of up to 6e-8.
   */
  readonly tolerance?: number;
  /** Elements of each input that are varied; all when absent. */
  readonly elements?: number;
}

/** Half the distance between the two points of a difference. */
const STEP = 1e-5;

const isFloating = ({ dtype }: { readonly dtype: string }): boolean => dtype === "f32";

/** A random-weighted sum of all the elements of the floating tensors: a loss that depends on every one in its own way. */
export function weightedSum(outputs: readonly Tensor[], seed: number): Tensor {
  const stream = new RandomStream({ seed, name: "test/weights" });
  return outputs.filter(isFloating).reduce((loss, output) => {
    const weights = constant(normal(...output.shape)(stream));
    return add(loss, reduceSum(mul(output, weights)));
  }, scalar(0));
}

/** The gradients of `weightedSum` with respect to every floating input that it depends on, as outputs `grad/<input>`. */
export function gradientGraph({ inputs, outputs }: Traced, seed: number): Graph {
  const wanted = [...inputs].filter(([, tensor]) => isFloating(tensor));
  const found = gradients(
    weightedSum(outputs, seed),
    wanted.map(([, tensor]) => tensor),
  );
  return buildGraph(
    new Map(
      wanted.flatMap(([name], i) => {
        const gradient = found[i];
        return gradient ? [[`grad/${name}`, gradient] as const] : [];
      }),
    ),
  );
}

/**
 * Fails unless the gradients of `f`, summed with random weights over its outputs, agree with finite differences.
 * @example
 * checkGradients(({ x, w }) => gelu(matmul(x, w)), { x: ndArray("f32", [1, 2], [0.3, -1]), w: .. });
 */
export function checkGradients<Name extends string>(
  f: Traceable<Name>,
  arrays: Readonly<Record<Name, NdArray>>,
  options?: GradientCheck,
): void {
  checkTracedGradients(trace(f, arrays), options);
}

/** `checkGradients` for a function that was traced already. */
export function checkTracedGradients(
  traced: Traced,
  { seed = 0, tolerance = 1.5e-7, elements = Number.POSITIVE_INFINITY }: GradientCheck = {},
): void {
  const feeds = asValues(traced.arrays);
  const analytic = interpret(gradientGraph(traced, seed), feeds);
  const loss = buildGraph({ loss: weightedSum(traced.outputs, seed) });
  const values = interpretAll(loss, feeds);
  const stream = new RandomStream({ seed, name: "test/elements" });
  for (const [name, array] of feeds) {
    if (!isFloating(traced.inputs.get(name) ?? { dtype: "" })) continue;
    // No gradient is the claim that every derivative is 0.
    const actual = analytic.get(`grad/${name}`) ?? build(array.shape, () => 0);
    const expected = { shape: array.shape, data: actual.data.slice() };
    const given = withoutDependents(values, loss, name);
    for (const position of stream.permutation(array.data.length).subarray(0, elements)) {
      expected.data[position] = centralDifference(loss, feeds, { name, position, given });
    }
    const what = `gradient of ${name} (seed ${seed})`;
    assertClose({ what, actual, expected, labels: ["analytic", "numeric"], tolerance });
  }
}

/** The values of a graph that do not change with an input. */
function withoutDependents(values: TensorValues, { nodes }: Graph, name: string): TensorValues {
  const rest = new Map(values);
  for (const { inputs, outputs } of nodes) {
    const [first] = outputs;
    const isInput = first !== undefined && inputName(first) === name;
    if (!isInput && inputs.every((tensor) => rest.has(tensor))) continue;
    for (const output of outputs) rest.delete(output);
  }
  return rest;
}

/** One element of one input, and the values that do not change with it. */
interface Varied {
  readonly name: string;
  readonly position: number;
  readonly given: TensorValues;
}

/** (L(x + h) − L(x − h)) / 2h for one element of one input. */
function centralDifference(
  loss: Graph,
  feeds: NamedValues,
  { name, position, given }: Varied,
): number {
  const lossAt = (offset: number): number => {
    const { shape, data } = feeds.get(name) ?? { shape: [], data: new Float64Array() };
    const moved = data.slice();
    moved[position] = (data[position] ?? Number.NaN) + offset;
    const result = interpret(loss, new Map([...feeds, [name, { shape, data: moved }]]), given);
    return result.get("loss")?.data[0] ?? Number.NaN;
  };
  return (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
}
