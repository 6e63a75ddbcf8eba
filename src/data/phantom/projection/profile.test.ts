import assert from "node:assert/strict";
import { test } from "node:test";
import { profile, smoothStep } from "./profile.ts";

test("profile() passes through its control points and stays between them", () => {
  const curve = profile([
    [0, 5],
    [10, 20],
    [30, 22],
    [40, 22],
    [60, -3],
  ]);
  assert.equal(curve.at(10), 20);
  assert.equal(curve.at(30), 22);
  assert.equal(curve.at(60), -3);
  for (let y = 0; y < 30; y += 0.5) assert.ok(curve.at(y + 0.5) >= curve.at(y), `falls at ${y}`);
  for (let y = 40; y < 60; y += 0.5) assert.ok(curve.at(y + 0.5) <= curve.at(y), `rises at ${y}`);
});

test("profile() keeps its end values beyond its ends", () => {
  const curve = profile([
    [-5, 1],
    [5, 3],
  ]);
  assert.equal(curve.at(-100), 1);
  assert.equal(curve.at(100), 3);
});

test("map() changes every value", () => {
  const curve = profile([
    [0, 1],
    [4, 5],
  ]).map((value, position) => value * 2 + position);
  assert.equal(curve.at(0), 2);
  assert.equal(curve.at(4), 14);
});

test("smoothStep() rises from 0 to 1", () => {
  assert.deepEqual(
    [-1, 2, 3, 4, 9].map((x) => smoothStep(x, 2, 4)),
    [0, 0, 0.5, 1, 1],
  );
});
