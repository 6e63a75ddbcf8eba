import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShapeError } from "../util/errors.ts";
import { type NdArray, ndArray } from "../util/nd-array.ts";
import type { Finding } from "./replay.ts";
import {
  compareExactly,
  compareScalar,
  compareTensor,
  scalarTolerance,
  tensorTolerance,
  toleranceSchema,
  uniformTolerance,
  worstFinding,
} from "./tolerance.ts";

const f64 = (values: readonly number[]): NdArray => ndArray("f64", [values.length], values);

const TOLERANCE = toleranceSchema.parse({
  rule: "ignored",
  default: 1,
  groups: { out: 2, grad: 3 },
  tensors: { "out/latent": 4 },
  scalars: 5,
  scalarGroups: { loss: 6, gradNorm: 7, "gradNorm/head": 8 },
  abs: { "grad/odd": 0.25, lr: 0.5 },
  zero: [
    { name: "grad/bias", from: 1, to: 3, bound: 0.1 },
    { name: "grad/whole", bound: 0.2 },
  ],
});

/** The findings for one tensor. */
function compare(
  name: string,
  { got, expected, largest }: { got: number[]; expected: number[]; largest?: number },
): readonly Finding[] {
  return compareTensor({
    name,
    got: f64(got),
    expected: f64(expected),
    tolerance: TOLERANCE,
    ...(largest === undefined ? {} : { largest }),
  });
}

describe("tensorTolerance() and scalarTolerance()", () => {
  test("look for the name, then the group, then the default", () => {
    assert.equal(tensorTolerance(TOLERANCE, "out/latent"), 4);
    assert.equal(tensorTolerance(TOLERANCE, "out/pred"), 2);
    assert.equal(tensorTolerance(TOLERANCE, "grad/out"), 3);
    assert.equal(tensorTolerance(TOLERANCE, "after/1/out"), 1);
    assert.equal(scalarTolerance(TOLERANCE, "loss"), 6);
    assert.equal(scalarTolerance(TOLERANCE, "gradNorm/head"), 8);
    assert.equal(scalarTolerance(TOLERANCE, "gradNorm/cls_token"), 7);
    assert.equal(scalarTolerance(TOLERANCE, "mim"), 5);
    assert.equal(scalarTolerance(uniformTolerance(9), "mim"), 9);
  });
});

describe("compareTensor()", () => {
  test("measures the largest difference by the largest expected magnitude", () => {
    assert.deepEqual(compare("out/x", { got: [1, -8, 2.5], expected: [1, -10, 2] }), [
      { name: "out/x", error: 0.2, tolerance: 2 },
    ]);
  });

  test("takes the magnitude of the whole tensor where only a crop is compared", () => {
    assert.deepEqual(compare("out/x", { got: [1.5], expected: [1], largest: 50 }), [
      { name: "out/x", error: 0.01, tolerance: 2 },
    ]);
  });

  test("bounds listed tensors absolutely", () => {
    assert.deepEqual(compare("grad/odd", { got: [100.5], expected: [100] }), [
      { name: "grad/odd", error: 0.5, tolerance: 0.25 },
    ]);
  });

  test("bounds the zero elements by themselves and leaves them out of the rest", () => {
    const findings = compare("grad/bias", {
      got: [2, -0.05, 0.04, 4],
      expected: [2, 0.001, 0, 5],
    });
    assert.deepEqual(findings, [
      { name: "grad/bias[1:3]", error: 0.05, tolerance: 0.1 },
      { name: "grad/bias", error: 0.2, tolerance: 3 },
    ]);
    assert.deepEqual(compare("grad/whole", { got: [-0.1, 0], expected: [0, 0] }), [
      { name: "grad/whole[0:2]", error: 0.1, tolerance: 0.2 },
    ]);
  });

  test("finds nothing between zeros, and infinity where only the expected ones are", () => {
    assert.equal(compare("out/x", { got: [0, 0], expected: [0, 0] })[0]?.error, 0);
    assert.equal(compare("out/x", { got: [0, 1e-30], expected: [0, 0] })[0]?.error, Infinity);
  });

  test("never passes NaN, wherever it is", () => {
    const cases: [number[], number[]][] = [
      [
        [1, Number.NaN],
        [1, 2],
      ],
      [
        [1, 2],
        [Number.NaN, 2],
      ],
    ];
    for (const [got, expected] of cases) {
      assert.ok(Number.isNaN(compare("out/x", { got, expected })[0]?.error));
    }
    const zeroed = compare("grad/bias", { got: [1, Number.NaN, 0, 1], expected: [1, 0, 0, 1] });
    assert.ok(Number.isNaN(zeroed[0]?.error));
  });

  test("compares integers, and refuses another shape", () => {
    const got: NdArray = { dtype: "i64", shape: [2], data: BigInt64Array.of(3n, 4n) };
    const tolerance = uniformTolerance(0);
    assert.deepEqual(compareTensor({ name: "ids", got, expected: f64([3, 4]), tolerance }), [
      { name: "ids", error: 0, tolerance: 0 },
    ]);
    assert.throws(
      () => compareTensor({ name: "ids", got, expected: f64([3]), tolerance }),
      new ShapeError('Cannot compare "ids": got i64[2], expected f64[1]'),
    );
  });

  test("changes neither side", () => {
    const got = f64([2, 1, 1, 4]);
    compareTensor({ name: "grad/bias", got, expected: got, tolerance: TOLERANCE });
    assert.deepEqual(got, f64([2, 1, 1, 4]));
  });
});

describe("compareScalar()", () => {
  const scalar = (name: string, got: number, expected: number) =>
    compareScalar({ name, got, expected, tolerance: TOLERANCE });

  test("is relative, or absolute where listed", () => {
    assert.deepEqual(scalar("loss", 9, -10), { name: "loss", error: 1.9, tolerance: 6 });
    assert.deepEqual(scalar("lr", 9, 10), { name: "lr", error: 1, tolerance: 0.5 });
  });

  test("demands 0 where 0 is expected, and never passes NaN", () => {
    assert.equal(scalar("loss", 0, 0).error, 0);
    assert.equal(scalar("loss", 1e-300, 0).error, Infinity);
    assert.ok(Number.isNaN(scalar("loss", Number.NaN, 1).error));
  });
});

describe("compareExactly()", () => {
  test("counts the places that differ, lengths included", () => {
    const compareTo = (got: ArrayLike<unknown>) =>
      compareExactly({ name: "ids", got, expected: ["a", "b", "c"] });
    assert.deepEqual(compareTo(["a", "b", "c"]), { name: "ids", error: 0, tolerance: 0 });
    assert.equal(compareTo(["a", "x", "c"]).error, 1);
    assert.equal(compareTo(["x", "b"]).error, 2);
    assert.equal(compareTo([]).error, 3);
  });
});

describe("worstFinding()", () => {
  const finding = (error: number): Finding => ({ name: "x", error, tolerance: 1 });

  test("takes the largest error, and NaN before any", () => {
    const worst = (...errors: number[]) => worstFinding(errors.map(finding)).error;
    assert.equal(worst(1, 3, 2), 3);
    for (const errors of [
      [Number.NaN, 1],
      [1, Number.NaN],
      [1, Number.NaN, Infinity],
    ]) {
      assert.ok(Number.isNaN(worst(...errors)));
    }
  });

  test("needs one", () => {
    assert.throws(() => worstFinding([]), RangeError);
  });
});
