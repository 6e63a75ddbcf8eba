import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildGraph } from "../graph.ts";
import { add, exp, neg } from "../ops/elementwise.ts";
import { split } from "../ops/layout.ts";
import { input } from "../tensor.ts";
import { rebuild, rewrite } from "./rewrite.ts";

const x = input("x", "f32", [4]);

describe("rewrite()", () => {
  test("gives back the same tensors when no rule answers", () => {
    const graph = buildGraph({ y: add(exp(x), x) });
    const same = rewrite(graph, () => undefined);
    assert.equal(same.outputs.get("y"), graph.outputs.get("y"));
    assert.deepEqual(same.nodes, graph.nodes);
  });

  test("shows a rule the inputs as they were rewritten, and the uses as they were", () => {
    const inner = neg(x);
    const graph = buildGraph({ y: add(inner, inner), z: exp(inner) });
    const uses: number[] = [];
    const changed = rewrite(graph, ({ node, inputs, usesOfInput }) => {
      if (node.op.type === "Neg") return [x];
      if (node.inputs.length > 0) assert.ok(inputs.every((each) => each === x));
      if (node.op.type === "Add") uses.push(usesOfInput(0), usesOfInput(1), usesOfInput(2));
      return undefined;
    });
    assert.deepEqual(uses, [3, 3, 0]);
    assert.deepEqual(
      changed.nodes.map(({ op }) => op.type),
      ["Input", "Add", "Exp"],
    );
  });

  test("replaces every output of a node", () => {
    const [first = x, second = x] = split(x, [2, 2], 0);
    const graph = buildGraph({ first, second: neg(second) });
    const changed = rewrite(graph, ({ node }) =>
      node.op.type === "Split" ? [second, first] : undefined,
    );
    assert.equal(changed.outputs.get("first"), second);
    assert.equal(changed.outputs.get("second")?.node.inputs[0], first);
  });
});

describe("rebuild()", () => {
  test("keeps the node when its inputs are the same", () => {
    const y = exp(x);
    assert.equal(rebuild(y.node, [x])[0], y);
    assert.notEqual(rebuild(y.node, [neg(x)])[0], y);
  });
});
