import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildGraph } from "../graph.ts";
import { add, exp, neg } from "../ops/elementwise.ts";
import { transpose } from "../ops/layout.ts";
import { input, type Tensor } from "../tensor.ts";
import { writingOrder } from "./writing-order.ts";

const x = input("x", "f32", [2, 3]);

const typesOf = (outputs: Readonly<Record<string, Tensor>>): readonly string[] =>
  writingOrder(buildGraph(outputs)).map(({ op }) => op.type);

describe("writingOrder()", () => {
  test("writes nodes that nothing reads last, those that need most first", () => {
    const shared = neg(x);
    const [small, large] = [transpose(shared, [1, 0]), exp(exp(shared))];
    const order = ["Neg", "Exp", "Exp", "Transpose"];
    assert.deepEqual(typesOf({ small, large }), order);
    assert.deepEqual(typesOf({ large, small }), order);
  });

  test("counts what several paths share once", () => {
    let [diamonds, chain] = [x, x];
    for (let i = 0; i < 10; i++) diamonds = add(diamonds, diamonds); // 1,024 paths, 10 nodes
    for (let i = 0; i < 20; i++) chain = neg(chain);
    assert.deepEqual(typesOf({ diamonds, chain }).slice(-2), ["Neg", "Add"]);
  });

  test("leaves inputs and constants out, and puts every node behind its inputs", () => {
    const y = exp(neg(x));
    assert.deepEqual(typesOf({ y, also: y, x }), ["Neg", "Exp"]);
  });
});
