import assert from "node:assert/strict";
import { test } from "node:test";
import { ndArray } from "../../util/nd-array.ts";
import { headLogits } from "./head-logits.ts";

test("headLogits() are weight × features + bias, a row of classes for each record", () => {
  const parameters = new Map([
    ["head.weight", ndArray("f32", [3, 2], [1, 2, -1, 0.5, 0, 4])],
    ["head.bias", ndArray("f32", [3], [10, 20, 30])],
  ]);
  const features = Float32Array.of(1, 2, -3, 0.25);
  assert.deepEqual(
    [...headLogits(features, parameters, { dim: 2, classes: 3 })],
    [10 + 1 + 4, 20 - 1 + 1, 30 + 8, 10 - 3 + 0.5, 20 + 3 + 0.125, 30 + 1],
  );
});

test("headLogits() of no records are none", () => {
  const parameters = new Map([
    ["head.weight", ndArray("f32", [1, 1], [1])],
    ["head.bias", ndArray("f32", [1], [1])],
  ]);
  assert.equal(headLogits(new Float32Array(), parameters, { dim: 1, classes: 1 }).length, 0);
});
