import assert from "node:assert/strict";
import { test } from "node:test";
import { toyObjective } from "../../test/toy-training.ts";
import { initialValues } from "../nn/initializers.ts";
import { initializeStore } from "./initialize-store.ts";
import { decayByRank } from "./parameter-groups.ts";
import { ParameterStore } from "./parameter-store.ts";

test("initializeStore() draws every parameter by its own rule, name and the seed", () => {
  const traced = toyObjective(4);
  const store = new ParameterStore({ ...traced, rules: decayByRank(0), slots: [] });
  const parameters = [...traced.trained, ...traced.fixed];
  initializeStore(store, parameters.toReversed(), 3);
  assert.equal(store.values.size, 5);
  for (const parameter of parameters) {
    assert.deepEqual(store.values.get(parameter.name), initialValues({ ...parameter, seed: 3 }));
  }
  const [first] = parameters;
  assert.ok(first !== undefined);
  assert.throws(
    () => initializeStore(store, [{ ...first, name: "other" }], 3),
    new RangeError('Cannot initialise "other": the store does not hold it'),
  );
});
