/** @file A graph as text, one line a node: what golden tests compare and what a person reads. */
import { describeShape, type NdArray, sizeOf } from "../util/nd-array.ts";
import { type Graph, isLeaf } from "./graph.ts";
import { type AttrValue, constantValue, inputName, type Node, type Tensor } from "./tensor.ts";

function isArray(value: AttrValue): value is NdArray {
  return typeof value === "object" && "dtype" in value;
}

function printAttr(value: AttrValue): string {
  if (isArray(value)) return describeShape(value);
  return Array.isArray(value) ? `[${value.join(",")}]` : String(value);
}

function printConstant(value: NdArray): string {
  return sizeOf(value.shape) <= 4 ? `[${[...value.data].join(",")}]` : "…";
}

/** Short names for tensors: inputs keep theirs, the others are %0, %1 … in order. */
function nameTensors(graph: Graph): ReadonlyMap<Tensor, string> {
  const names = new Map<Tensor, string>();
  let next = 0;
  for (const tensor of graph.nodes.flatMap((node) => node.outputs)) {
    const constant = constantValue(tensor);
    const leaf = inputName(tensor) ?? (constant && printConstant(constant));
    names.set(tensor, leaf === undefined || leaf === "…" ? `%${next++}` : leaf);
  }
  return names;
}

function printNode(node: Node, names: ReadonlyMap<Tensor, string>): string {
  const name = (tensor: Tensor): string => names.get(tensor) ?? "?";
  const attrs = Object.entries(node.attrs)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${printAttr(value)}`);
  const outputs = node.outputs.map((output) => `${name(output)}:${describeShape(output)}`);
  return `${outputs.join(" ")} = ${node.op.type}${attrs.join("")} ${node.inputs.map(name).join(" ")}`.trimEnd();
}

/**
 * The graph as text.
 * @example
 * printGraph(buildGraph({ y: add(input("a", "f32", [2]), scalar(1)) }));
 * // input a:f32[2]
 * // %0:f32[2] = Add a [1]
 * // output y = %0
 */
export function printGraph(graph: Graph): string {
  const names = nameTensors(graph);
  const lines = graph.nodes.flatMap((node) => {
    const [first] = node.outputs;
    if (first === undefined) return [];
    if (inputName(first) !== undefined)
      return [`input ${inputName(first)}:${describeShape(first)}`];
    if (isLeaf(node)) {
      const name = names.get(first) ?? "";
      return name.startsWith("%") ? [`${name}:${describeShape(first)} = Constant`] : [];
    }
    return [printNode(node, names)];
  });
  const outputs = [...graph.outputs].map(
    ([name, tensor]) => `output ${name} = ${names.get(tensor) ?? "?"}`,
  );
  return `${[...lines, ...outputs].join("\n")}\n`;
}
