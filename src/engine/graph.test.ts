import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildGraph, countUses, graphInputs, isLeaf, topologicalOrder } from "./graph.ts";
import { add, exp, mul, neg } from "./ops/elementwise.ts";
import { split } from "./ops/layout.ts";
import { input, type Node, scalar, type Tensor } from "./tensor.ts";

const x = input("x", "f32", [4]);
const y = input("y", "f32", [4]);

function assertInputsFirst(nodes: readonly Node[]): void {
  const seen = new Set<Node>();
  for (const node of nodes) {
    assert.ok(node.inputs.every((each) => seen.has(each.node)));
    assert.ok(!seen.has(node));
    seen.add(node);
  }
}

describe("topologicalOrder()", () => {
  test("puts every node once, behind its inputs", () => {
    const shared = mul(x, y);
    const nodes = topologicalOrder([add(exp(shared), add(shared, x)), neg(shared)]);
    assertInputsFirst(nodes);
    assert.deepEqual(
      nodes.map(({ op }) => op.type),
      ["Input", "Input", "Mul", "Exp", "Add", "Add", "Neg"],
    );
  });

  test("depends on the graph alone", () => {
    const build = (): Tensor => add(exp(mul(x, y)), mul(y, exp(x)));
    const types = (root: Tensor): readonly string[] =>
      topologicalOrder([root]).map(({ op }) => op.type);
    assert.deepEqual(types(build()), types(build()));
  });

  test("does not exhaust the stack on 20,000 nodes in a row", () => {
    let deep = x;
    for (let i = 0; i < 20_000; i++) deep = i % 2 === 0 ? neg(deep) : add(deep, x);
    const nodes = topologicalOrder([deep]);
    assert.equal(nodes.length, 20_001);
    assertInputsFirst(nodes);
  });

  test("visits a node once, however many paths lead to it", () => {
    let root = x;
    for (let i = 0; i < 100; i++) root = add(root, root);
    assert.equal(topologicalOrder([root]).length, 101);
  });
});

describe("buildGraph()", () => {
  test("takes names as a record or a map, in their order, and leaves out what no output needs", () => {
    const sum = add(x, y);
    exp(sum); // nobody asks for it
    for (const graph of [
      buildGraph({ b: sum, a: x }),
      buildGraph(
        new Map([
          ["b", sum],
          ["a", x],
        ]),
      ),
    ]) {
      assert.deepEqual([...graph.outputs.keys()], ["b", "a"]);
      assert.deepEqual(
        graph.nodes.map(({ op }) => op.type),
        ["Input", "Input", "Add"],
      );
    }
  });
});

describe("graphInputs()", () => {
  test("lists inputs in the order in which they are needed", () => {
    assert.deepEqual([...graphInputs(buildGraph({ z: add(y, mul(x, y)) })).keys()], ["y", "x"]);
  });

  test("refuses two inputs of one name", () => {
    const other = input("x", "f32", [4]);
    assert.throws(
      () => graphInputs(buildGraph({ z: add(x, other) })),
      new RangeError('Cannot build a graph: two inputs are named "x"'),
    );
  });
});

describe("countUses()", () => {
  test("counts readers and outputs of each tensor, not of each node", () => {
    const [first = x, second = x] = split(x, [1, 3], 0);
    const squared = mul(first, first);
    const uses = countUses(buildGraph({ squared, again: squared, first }));
    assert.equal(uses.get(x), 1);
    assert.equal(uses.get(first), 3);
    assert.equal(uses.get(second), undefined);
    assert.equal(uses.get(squared), 2);
  });
});

describe("isLeaf()", () => {
  test("is true of inputs and constants alone", () => {
    assert.deepEqual(
      [x, scalar(1), neg(x)].map(({ node }) => isLeaf(node)),
      [true, true, false],
    );
  });
});
