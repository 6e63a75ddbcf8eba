/** @file Pass: nodes that no output needs are dropped. */
import { buildGraph, type Graph } from "../graph.ts";

/** The same outputs, with only the nodes that they need; other passes leave nodes behind that nothing reads any more. */
export function dropDeadNodes(graph: Graph): Graph {
  return buildGraph(graph.outputs);
}
