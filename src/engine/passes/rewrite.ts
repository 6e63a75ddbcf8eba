/** @file What every pass is made of: a walk that rebuilds a graph while a rule may replace nodes. */
import { buildGraph, countUses, type Graph } from "../graph.ts";
import { applyAll, type Node, type Tensor } from "../tensor.ts";

/** What a rule sees of a node: its inputs as they stand in the new graph. */
export interface Site {
  readonly node: Node;
  readonly inputs: readonly Tensor[];
  /** Readers, in the old graph, of the tensor that is input number `position` of the node. */
  usesOfInput(position: number): number;
}

/** Replacements for the outputs of a node, or undefined to keep it. */
export type Rule = (site: Site) => readonly Tensor[] | undefined;

/** Rebuilds a graph from its inputs to its outputs; `rule` is asked at every node, after its inputs were rewritten. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const uses = countUses(graph);
  const renewed = new Map<Tensor, Tensor>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => renewed.get(input) ?? input);
    const usesOfInput = (position: number): number => {
      const tensor = node.inputs[position];
      return tensor === undefined ? 0 : (uses.get(tensor) ?? 0);
    };
    const outputs = rule({ node, inputs, usesOfInput }) ?? rebuild(node, inputs);
    for (const [index, output] of node.outputs.entries()) {
      renewed.set(output, outputs[index] ?? output);
    }
  }
  const outputs = new Map(
    [...graph.outputs].map(([name, tensor]) => [name, renewed.get(tensor) ?? tensor]),
  );
  return buildGraph(outputs);
}

/** The node on other inputs; its own outputs when they are the same. */
export function rebuild(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const unchanged = inputs.every((input, i) => input === node.inputs[i]);
  return unchanged ? node.outputs : applyAll(node.op, inputs, node.attrs);
}
