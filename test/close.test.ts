import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertClose } from "./close.ts";

function compare(actual: readonly number[], expected: readonly number[], tolerance = 1e-3): void {
  const values = (numbers: readonly number[]) => ({
    shape: [numbers.length],
    data: Float64Array.from(numbers),
  });
  assertClose({ what: "y", actual: values(actual), expected: values(expected), tolerance });
}

describe("assertClose()", () => {
  test("allows a share of the largest expected magnitude", () => {
    compare([100.05, 0.05], [100, 0]);
    assert.throws(
      () => compare([100.2, 0], [100, 0]),
      /y: 1 of 2 elements differ by more than 1.00e-1\n {2}at \[0\]: actual 100.2, expected 100, difference 2.00e-1/,
    );
  });

  test("does not let small arrays differ by much", () => {
    assert.throws(() => compare([1e-3], [1.1e-3]));
    compare([1e-9], [0]); // below the floor
  });

  test("never takes NaN for close, nor an infinity for a number or the other infinity", () => {
    const { NaN: none, POSITIVE_INFINITY: infinity } = Number;
    compare([infinity, -infinity, 1], [infinity, -infinity, 1]);
    for (const [a, b] of [
      [none, 1],
      [1, none],
      [none, none],
      [infinity, 1],
      [1, infinity],
      [infinity, -infinity],
    ] as const) {
      assert.throws(() => compare([a], [b]), `${a} and ${b}`);
    }
  });

  test("compares shapes, and shows the worst places first", () => {
    assert.throws(() => compare([1, 2], [1]), /y: \[2\] and \[1\] differ/);
    assert.throws(() => compare([1, 5, 1], [1.5, 1, 3]), /at \[1\].*\n.*at \[2\].*\n.*at \[0\]/);
  });
});
