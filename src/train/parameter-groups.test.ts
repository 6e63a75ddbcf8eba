import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { constant } from "../nn/initializers.ts";
import { type Parameter, Scope, Trace } from "../nn/scope.ts";
import { decayByRank, type GroupRule, groupParameters } from "./parameter-groups.ts";

/** Parameters of these names and shapes. */
function declare(shapes: Readonly<Record<string, readonly number[]>>): readonly Parameter[] {
  const trace = new Trace();
  const s = new Scope(trace);
  for (const [name, shape] of Object.entries(shapes)) s.param(name, shape, constant(0));
  return [...trace.parameters.values()];
}

/** The names that each rule takes. */
const namesByRule = (parameters: readonly Parameter[], rules: readonly GroupRule[]): object =>
  Object.fromEntries(
    [...groupParameters(parameters, rules)].map(([rule, group]) => [
      rule.name,
      group.map(({ name }) => name),
    ]),
  );

describe("decayByRank()", () => {
  test("decays matrices and tokens, but neither biases nor vectors", () => {
    const parameters = declare({
      cls_token: [1, 1, 4],
      "norm.weight": [4],
      "proj.weight": [4, 3, 2, 2],
      "proj.bias": [4],
      "odd.bias": [2, 2],
    });
    assert.deepEqual(namesByRule(parameters, decayByRank(0.05)), {
      "no-decay": ["norm.weight", "proj.bias", "odd.bias"],
      decay: ["cls_token", "proj.weight"],
    });
    const options = decayByRank(0.05).map(({ weightDecay, lrScale }) => [weightDecay, lrScale]);
    assert.deepEqual(options, [
      [0, 1],
      [0.05, 1],
    ]);
  });
});

describe("groupParameters()", () => {
  const rule = (name: string, matches: GroupRule["matches"]): GroupRule => ({
    name,
    weightDecay: 0,
    lrScale: 1,
    matches,
  });

  test("gives a parameter to the first rule that takes it, and keeps rules that take none", () => {
    const parameters = declare({ a: [1], b: [2], c: [3] });
    const rules = [
      rule("none", () => false),
      rule("long", ({ shape: [length = 0] }) => length > 2),
      rule("rest", () => true),
    ];
    assert.deepEqual(namesByRule(parameters, rules), { none: [], long: ["c"], rest: ["a", "b"] });
  });

  test("refuses a parameter that no rule takes", () => {
    assert.throws(
      () => groupParameters(declare({ a: [1] }), [rule("none", () => false)]),
      new RangeError('Cannot group parameter "a": no rule takes it'),
    );
  });
});
