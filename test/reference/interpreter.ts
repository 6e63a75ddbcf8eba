/**
 * @file The reference interpreter: runs any graph in float64 on the host, one naive kernel per operator, independent of ONNX
 * Runtime and of the gradient rules. Its speed does not matter; that each kernel can be checked by eye does.
 */
import type { Graph } from "../../src/engine/graph.ts";
import { constantValue, inputName, type Node, type Tensor } from "../../src/engine/tensor.ts";
import { describeShape, sameShape } from "../../src/util/nd-array.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { Attributes, Inputs, type Kernel, type Kernels } from "./kernel.ts";
import { layout } from "./layout.ts";
import { products } from "./products.ts";
import { reduce } from "./reduce.ts";
import { type Values, valuesOf } from "./values.ts";

/** The kernels by operator; those outside the standard carry their domain. */
export const KERNELS: Kernels = { ...elementwise, ...layout, ...indexing, ...products, ...reduce };

/** Values by the names of a graph's inputs or outputs. */
export type NamedValues = ReadonlyMap<string, Values>;

/** Values of tensors inside a graph. */
export type TensorValues = ReadonlyMap<Tensor, Values>;

/**
 * Runs a graph in float64.
 * @param given values that stand as they are: what computes them alone is not computed again
 */
export function interpret(
  graph: Graph,
  feeds: NamedValues,
  given: TensorValues = new Map(),
): NamedValues {
  const values = interpretAll(graph, feeds, given);
  return new Map([...graph.outputs].map(([name, tensor]) => [name, computed(values, tensor)]));
}

/** Runs a graph in float64, and keeps every value in it. */
export function interpretAll(
  graph: Graph,
  feeds: NamedValues,
  given: TensorValues = new Map(),
): TensorValues {
  const known = new Map(given);
  for (const node of graph.nodes) {
    if (node.outputs.every((output) => known.has(output))) continue;
    const inputs = node.inputs.map((tensor) => computed(known, tensor));
    const results = leafValue(node, feeds) ?? compute(node, inputs);
    for (const [index, output] of node.outputs.entries()) {
      known.set(output, requireShape(output, results[index]));
    }
  }
  return known;
}

function computed(known: TensorValues, tensor: Tensor): Values {
  const value = known.get(tensor);
  if (value === undefined) throw new TypeError("internal: a node comes before its input");
  return value;
}

function leafValue({ outputs: [output] }: Node, feeds: NamedValues): readonly Values[] | undefined {
  if (output === undefined) return undefined;
  const value = constantValue(output);
  if (value !== undefined) return [valuesOf(value)];
  const name = inputName(output);
  if (name === undefined) return undefined;
  const fed = feeds.get(name);
  if (fed === undefined)
    throw new TypeError(`Cannot interpret a graph: input "${name}" is missing`);
  return [fed];
}

/** The kernel of an operator, if there is one. */
export const kernelOf = ({ domain = "", type }: Node["op"]): Kernel | undefined =>
  KERNELS[domain === "" ? type : `${domain}:${type}`];

function compute(node: Node, inputs: readonly Values[]): readonly Values[] {
  const kernel = kernelOf(node.op);
  if (kernel === undefined) {
    throw new TypeError(`Cannot interpret ${node.op.type}: add a kernel under test/reference`);
  }
  const operands = node.op.operands?.(node.attrs, node.inputs) ?? [];
  return kernel(new Inputs([...inputs, ...operands.map(valuesOf)]), new Attributes(node));
}

function requireShape(tensor: Tensor, value: Values | undefined): Values {
  if (value === undefined || !sameShape(value.shape, tensor.shape)) {
    throw new RangeError(
      `Cannot interpret ${tensor.node.op.type}: output ${tensor.index} is [${value?.shape.join(",")}], the engine inferred ${describeShape(tensor)}`,
    );
  }
  return value;
}
