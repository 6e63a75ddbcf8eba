import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { positionTable, positionTableDoubles, resizePositionTable } from "./position-table.ts";

describe("positionTable()", () => {
  test("keeps the class token's row at 0 and encodes columns before rows", () => {
    const table = positionTable({ grid: 3, width: 4, exponent: "k/(d/2)" });
    assert.deepEqual(table.shape, [1, 10, 4]);
    const row = (index: number) => [...table.data.subarray(4 * index, 4 * index + 4)];
    const expected = (column: number, line: number) =>
      [Math.sin(column), Math.cos(column), Math.sin(line), Math.cos(line)].map(Math.fround);
    assert.deepEqual(row(0), [0, 0, 0, 0]);
    assert.deepEqual(row(1), expected(0, 0));
    assert.deepEqual(row(3), expected(2, 0)); // first line, third column
    assert.deepEqual(row(4), expected(0, 1));
    assert.deepEqual(row(9), expected(2, 2));
  });

  test("spreads the wavelengths by the exponent that is asked for", () => {
    // Width 16: d = 8, ω_k for k = 0 … 3. Patch 1 is column 1, line 0: its first half is [sin ω | cos ω].
    const cases = [
      ["k/(2d)", [1, 10_000 ** -(1 / 16), 10_000 ** -(2 / 16), 10_000 ** -(3 / 16)]],
      ["k/(d/2)", [1, 0.1, 0.01, 0.001]],
    ] as const;
    for (const [exponent, omega] of cases) {
      const table = positionTableDoubles({ grid: 2, width: 16, exponent });
      for (const [k, w] of omega.entries()) {
        assert.ok(Math.abs((table[32 + k] ?? Number.NaN) - Math.sin(w)) < 1e-15, exponent);
        assert.ok(Math.abs((table[36 + k] ?? Number.NaN) - Math.cos(w)) < 1e-15, exponent);
      }
    }
  });

  test("refuses a width that does not divide into four parts, and no grid", () => {
    const options = { grid: 14, width: 768, exponent: "k/(2d)" } as const;
    assert.throws(
      () => positionTable({ ...options, width: 6 }),
      /^RangeError: Cannot build a position table for 14 × 14 patches of width 6: /,
    );
    assert.throws(() => positionTable({ ...options, width: 0 }), RangeError);
    assert.throws(() => positionTable({ ...options, grid: 0 }), RangeError);
    assert.throws(() => positionTable({ ...options, grid: 3.5 }), RangeError);
  });
});

describe("resizePositionTable()", () => {
  /** A table of one column whose patches have the values of a function of (row, column). */
  function tableOf(grid: number, value: (row: number, column: number) => number): NdArray<"f32"> {
    const values = [7];
    for (let row = 0; row < grid; row++) {
      for (let column = 0; column < grid; column++) values.push(value(row, column));
    }
    return ndArray("f32", [1, values.length, 1], values);
  }

  test("gives back the same table for the same grid", () => {
    const table = positionTable({ grid: 5, width: 8, exponent: "k/(d/2)" });
    assert.deepEqual(resizePositionTable(table, 5), table);
  });

  test("keeps the class token's row, and a constant constant up to the border", () => {
    const resized = resizePositionTable(
      tableOf(4, () => 3),
      9,
    );
    assert.deepEqual(resized.shape, [1, 82, 1]);
    assert.equal(resized.data[0], 7);
    assert.ok(resized.data.subarray(1).every((value) => Math.abs(value - 3) < 1e-6));
  });

  test("weighs by the cubic kernel of a = −0.75, clamped at the border", () => {
    // Doubling 8 positions: output 7 lies at 3.25. Its taps are 2 … 5 at distances 1.25, 0.25, 0.75 and 1.75.
    const weights = [-0.10546875, 0.87890625, 0.26171875, -0.03515625];
    for (const [tap, weight] of weights.entries()) {
      const spike = tableOf(8, (_row, column) => (column === 2 + tap ? 1 : 0));
      const resized = resizePositionTable(spike, 16);
      assert.ok(Math.abs((resized.data[1 + 7] ?? Number.NaN) - weight) < 1e-7);
    }
    // Output 0 lies at −0.25: positions −2 and −1 are clamped to 0, so it weighs 1 − w(1) for position 1.
    const first = resizePositionTable(
      tableOf(8, (row) => (row === 0 ? 1 : 0)),
      16,
    );
    assert.ok(Math.abs((first.data[1] ?? Number.NaN) - (1 + 0.10546875)) < 1e-6);
  });

  test("refuses a table whose patches are no square, and no grid", () => {
    assert.throws(
      () => resizePositionTable(ndArray("f32", [1, 7, 1], [0, 1, 2, 3, 4, 5, 6]), 4),
      new RangeError(
        "Cannot resize a position table of shape [1,7,1]: expected [1, 1 + grid², width]",
      ),
    );
    assert.throws(() => resizePositionTable(ndArray("f32", [5], [0, 1, 2, 3, 4]), 4), RangeError);
    assert.throws(
      () =>
        resizePositionTable(
          tableOf(2, () => 0),
          0,
        ),
      RangeError,
    );
  });
});
