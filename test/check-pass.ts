/** @file Checks that a pass leaves what a graph computes as it is, on random graphs, in float64. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Graph } from "../src/engine/graph.ts";
import { printGraph } from "../src/engine/print.ts";
import { describeShape } from "../src/util/nd-array.ts";
import { assertClose } from "./close.ts";
import { instructionLists, randomGraph } from "./random-graph.ts";
import { interpret } from "./reference/interpreter.ts";
import { asValues } from "./trace.ts";

const types = ({ outputs }: Graph): readonly string[] =>
  [...outputs].map(([name, tensor]) => `${name}: ${describeShape(tensor)}`);

/**
 * Fails unless the pass keeps the outputs of random graphs (names, types, values), makes no graph larger, and does something
 * in a share of the cases.
 */
export function checkPass(
  pass: (graph: Graph) => Graph,
  { seed = 1, runs = 200 }: { readonly seed?: number; readonly runs?: number } = {},
): void {
  let busy = 0;
  const property = fc.property(instructionLists, (instructions) => {
    const { graph, arrays } = randomGraph(instructions, seed);
    const changed = pass(graph);
    const texts = `\n${printGraph(graph)}became\n${printGraph(changed)}`;
    busy += Number(printGraph(changed) !== printGraph(graph));
    assert.deepEqual(types(changed), types(graph));
    assert.ok(changed.nodes.length <= graph.nodes.length, `the graph grew:${texts}`);
    const before = interpret(graph, asValues(arrays));
    for (const [name, actual] of interpret(changed, asValues(arrays))) {
      const expected = before.get(name);
      assert.ok(expected);
      assertClose({ what: `${name} of${texts}`, actual, expected, tolerance: 1e-12 });
    }
  });
  fc.assert(property, { seed, numRuns: runs });
  assert.ok(busy > runs / 50, `the pass changed ${busy} of ${runs} graphs: too few to tell`);
}
