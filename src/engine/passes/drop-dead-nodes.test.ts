import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildGraph } from "../graph.ts";
import { exp, neg } from "../ops/elementwise.ts";
import { split } from "../ops/layout.ts";
import { printGraph } from "../print.ts";
import { input } from "../tensor.ts";
import { dropDeadNodes } from "./drop-dead-nodes.ts";

describe("dropDeadNodes()", () => {
  test("drops what no output needs, and keeps a node of which one output is needed", () => {
    const x = input("x", "f32", [3]);
    const [first = x] = split(neg(x), [1, 2], 0);
    const graph = buildGraph({ first });
    const padded = {
      ...graph,
      nodes: [...graph.nodes, exp(first).node, input("y", "f32", []).node],
    };
    assert.equal(printGraph(dropDeadNodes(padded)), printGraph(graph));
  });
});
