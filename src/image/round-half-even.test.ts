import assert from "node:assert/strict";
import { test } from "node:test";
import { roundHalfEven } from "./round-half-even.ts";

test("roundHalfEven() takes the even neighbour of a half", () => {
  const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
  assert.deepEqual(
    halves.map((half) => roundHalfEven(half) + 0),
    [-2, -2, 0, 0, 2, 2, 4],
  );
});

test("roundHalfEven() takes the nearest otherwise", () => {
  assert.deepEqual(
    [0.49999999999999994, 0.5000000000000001, 2.4, 2.6].map(roundHalfEven),
    [0, 1, 2, 3],
  );
});
