/** @file A graph: named outputs and every node that they need, in an order in which they can be computed. */
import { Constant, Input, inputName, type Node, type Tensor } from "./tensor.ts";

/** Named outputs with their nodes in topological order; leaves (inputs, constants) come first where they are needed. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** Is this node an input or a constant? */
export const isLeaf = (node: Node): boolean => node.op === Input || node.op === Constant;

/**
 * Every node that `roots` depend on, each after its inputs. Iterative, so that deep graphs do not exhaust the stack; the
 * order depends on nothing but the graph.
 */
export function topologicalOrder(roots: Iterable<Tensor>): readonly Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { readonly node: Node; next: number }[] = [];
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root.node);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = top.node.inputs[top.next++];
      if (child !== undefined) visit(child.node);
      else order.push((stack.pop() ?? top).node);
    }
  }
  return order;
}

/** The graph that computes the named outputs. Nodes that no output needs are not part of it. */
export function buildGraph(
  outputs: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
): Graph {
  const named = outputs instanceof Map ? outputs : new Map(Object.entries(outputs));
  return { nodes: topologicalOrder(named.values()), outputs: named };
}

/** The graph's inputs by name, in topological order. Throws when two different inputs share a name. */
export function graphInputs(graph: Graph): ReadonlyMap<string, Tensor> {
  const inputs = new Map<string, Tensor>();
  for (const tensor of graph.nodes.flatMap((node) => node.outputs)) {
    const name = inputName(tensor);
    if (name === undefined) continue;
    if (inputs.has(name))
      throw new RangeError(`Cannot build a graph: two inputs are named "${name}"`);
    inputs.set(name, tensor);
  }
  return inputs;
}

/** How many nodes and outputs read each tensor. */
export function countUses(graph: Graph): ReadonlyMap<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const readers = [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.values()];
  for (const tensor of readers) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  return uses;
}
