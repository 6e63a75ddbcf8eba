/** @file The passes in the order in which they help each other. */
import type { Graph } from "../graph.ts";
import { dropDeadNodes } from "./drop-dead-nodes.ts";
import { dropExpands } from "./drop-expands.ts";
import { foldConstants } from "./fold-constants.ts";
import { fuseScatterAdd } from "./fuse-scatter-add.ts";
import { fuseTransposes } from "./fuse-transposes.ts";
import { mergeCommon } from "./merge-common.ts";
import { mergeLayouts } from "./merge-layouts.ts";

const PORTABLE = [
  mergeLayouts,
  foldConstants,
  dropExpands,
  foldConstants, // an expanded 1 is neutral only once it is not expanded any more
  mergeCommon,
  dropDeadNodes,
] as const;
const FUSED = [fuseScatterAdd, fuseTransposes, mergeCommon, dropDeadNodes] as const;

/** Simplifies a graph with standard operators only: what an export may contain. */
export function simplify(graph: Graph): Graph {
  return PORTABLE.reduce((current, pass) => pass(current), graph);
}

/** Simplifies a graph for ONNX Runtime, whose own operators may appear. */
export function optimizeForRuntime(graph: Graph): Graph {
  return FUSED.reduce((current, pass) => pass(current), simplify(graph));
}
