import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toyObjective } from "../../test/toy-training.ts";
import { clippingFactor, gradientNorm, gradientNorms } from "./gradient-norm.ts";
import { decayByRank } from "./parameter-groups.ts";
import { ParameterStore } from "./parameter-store.ts";

describe("gradientNorm()", () => {
  test("is √Σ g² over all groups, in double precision", () => {
    const store = new ParameterStore({ ...toyObjective(4), rules: decayByRank(0), slots: [] });
    store.gradients.get("map.weight")?.data.set([3, 0, 0, 0, 0, 1e-5]);
    store.gradients.get("map.bias")?.data.set([0, -4]);
    const small = Math.fround(1e-5);
    assert.equal(gradientNorm(store), Math.sqrt(9 + small * small + 16));
    store.gradients.get("map.bias")?.data.fill(1e30); // its square is no f32
    assert.ok(Math.abs(gradientNorm(store) / (Math.SQRT2 * Math.fround(1e30)) - 1) < 1e-12);
    store.gradients.get("map.bias")?.data.fill(Number.NaN);
    assert.ok(Number.isNaN(gradientNorm(store)));
  });
});

describe("gradientNorms()", () => {
  test("has a norm for each part", () => {
    const store = new ParameterStore({ ...toyObjective(4), rules: decayByRank(0), slots: [] });
    store.gradients.get("map.weight")?.data.set([3, 0, 0, 0, 0, 4]);
    store.gradients.get("map.bias")?.data.set([0, -12]);
    const norms = gradientNorms(store, (name) => name.slice("map.".length));
    assert.deepEqual(norms, { all: 13, parts: { weight: 5, bias: 12 } });
  });
});

describe("clippingFactor()", () => {
  test("shrinks to the largest norm, with PyTorch's 1e-6, and never enlarges", () => {
    assert.equal(clippingFactor(4, 1), 1 / (4 + 1e-6));
    assert.equal(clippingFactor(0.5, 1), 1);
    assert.equal(clippingFactor(1, 1), 1 / (1 + 1e-6));
    assert.equal(clippingFactor(0, 2), 1);
  });

  test("leaves gradients alone where there is no limit", () => {
    assert.equal(clippingFactor(1e9, null), 1);
  });
});
