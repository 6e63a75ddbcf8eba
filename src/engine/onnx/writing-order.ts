/**
 * @file In which order nodes are written, so that ONNX Runtime keeps as little in memory as it can.
 *
 * Its executor walks backwards from the nodes that nothing reads, the last of the file first. Written behind all others, in
 * reverse, they are computed in an order that we choose, and everything else as late as possible. The order chosen here is by how
 * much an output depends on: of a training graph, the gradients of a branch from its last layer to its first, a whole branch
 * before the next one begins, and the shared encoder at the end. Every activation is freed once the backward pass has used it.
 */
import { sizeOf } from "../../util/nd-array.ts";
import { type Graph, isLeaf } from "../graph.ts";
import type { Node } from "../tensor.ts";

/** Elements that a node computes. */
const elementsOf = (node: Node): number =>
  isLeaf(node) ? 0 : node.outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Elements that must be computed for a node, its own included. */
function elementsNeeded(root: Node): number {
  const seen = new Set<Node>([root]);
  const pending = [root];
  let total = 0;
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    total += elementsOf(node);
    for (const { node: before } of node.inputs) {
      if (seen.has(before)) continue;
      seen.add(before);
      pending.push(before);
    }
  }
  return total;
}

/** The nodes of a graph, leaves left out, in the order in which they should stand in an ONNX file. */
export function writingOrder(graph: Graph): readonly Node[] {
  const read = new Set(graph.nodes.flatMap((node) => node.inputs.map((input) => input.node)));
  const nodes = graph.nodes.filter((node) => !isLeaf(node));
  const last = nodes
    .filter((node) => !read.has(node))
    .map((node) => ({ node, needed: elementsNeeded(node) }));
  last.sort((a, b) => b.needed - a.needed);
  return [...nodes.filter((node) => read.has(node)), ...last.map(({ node }) => node)];
}
