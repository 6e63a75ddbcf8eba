/** @file Pass: arithmetic on constant scalars is done now, and neutral elements (· 1, + 0, …) disappear. */
import { sameShape, sizeOf } from "../../util/nd-array.ts";
import type { Graph } from "../graph.ts";
import { isScalar } from "../ops/elementwise.ts";
import { constant, constantValue, type Tensor } from "../tensor.ts";
import { type Rule, rewrite } from "./rewrite.ts";

/** For each operator: which operand, when it is this number, leaves the other unchanged. */
const NEUTRAL: Readonly<
  Record<string, { readonly value: number; readonly positions: readonly number[] }>
> = {
  Add: { value: 0, positions: [0, 1] },
  Sub: { value: 0, positions: [1] },
  Mul: { value: 1, positions: [0, 1] },
  Div: { value: 1, positions: [1] },
};

const FLOATING: ReadonlySet<string> = new Set(["f32", "f64"]);

function scalarOf(tensor: Tensor | undefined): number | undefined {
  const value = tensor && constantValue(tensor);
  return value !== undefined && isScalar(value) ? Number(value.data[0]) : undefined;
}

const dropNeutral: Rule = ({ node, inputs }) => {
  const neutral = NEUTRAL[node.op.type];
  const [output] = node.outputs;
  if (neutral === undefined || output === undefined) return undefined;
  for (const position of neutral.positions) {
    const other = inputs[1 - position];
    const isNeutral = scalarOf(inputs[position]) === neutral.value;
    if (isNeutral && other !== undefined && sameShape(other.shape, output.shape)) return [other];
  }
  return undefined;
};

const foldScalars: Rule = ({ node, inputs }) => {
  const [output] = node.outputs;
  const values = inputs.flatMap((input) => constantValue(input) ?? []);
  const small = values.length === inputs.length && values.length > 0 && values.every(isScalar);
  if (node.op.fold === undefined || !small || output === undefined || sizeOf(output.shape) !== 1) {
    return undefined;
  }
  if (!FLOATING.has(output.dtype)) return undefined; // whole numbers divide by other rules
  return [constant(node.op.fold(values, output))];
};

/** Computes what is known before the graph runs. */
export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, (site) => foldScalars(site) ?? dropNeutral(site));
}
