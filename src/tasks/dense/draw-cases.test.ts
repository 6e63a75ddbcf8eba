import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chooseCases } from "./draw-cases.ts";

const names = (count: number, each: number): readonly string[] =>
  chooseCases(
    Array.from({ length: count }, (_, i) => i / count),
    each,
  ).map(({ name, position }) => `${name} r${position}`);

describe("chooseCases()", () => {
  test("takes the worst, the best and those in the middle", () => {
    assert.deepEqual(names(9, 1), ["worst-01 r0", "best-01 r8", "middle-01 r4"]);
    assert.deepEqual(names(10, 2), [
      ...["worst-01 r0", "worst-02 r1", "best-01 r9", "best-02 r8"],
      ...["middle-01 r4", "middle-02 r5"],
    ]);
  });

  test("shares few cases among the three kinds, none twice", () => {
    assert.deepEqual(names(4, 3), ["worst-01 r0", "worst-02 r1", "best-01 r3", "middle-01 r2"]);
    assert.deepEqual(names(3, 9), ["worst-01 r0", "best-01 r2", "middle-01 r1"]);
    assert.deepEqual(names(1, 3), ["worst-01 r0"]);
    assert.deepEqual(names(0, 3), []);
  });

  test("leaves equal scores in the order of the records", () => {
    const chosen = chooseCases([0.5, 0.5, 0.5, 0.5, 0.5], 1);
    assert.deepEqual(
      chosen.map(({ position }) => position),
      [0, 4, 2],
    );
  });
});
