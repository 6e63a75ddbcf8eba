import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inverse, Matrix } from "ml-matrix";
import { RandomStream } from "../../util/random.ts";
import { RidgePath, scoreRows } from "./ridge.ts";

function normals(rows: number, columns: number, name: string): Matrix {
  const stream = new RandomStream({ seed: 2, name });
  return Matrix.from1DArray(
    rows,
    columns,
    Array.from({ length: rows * columns }, () => stream.normal()),
  );
}

/** Z, whose columns have mean 0 and variance 1. */
function standardised(features: Matrix): Matrix {
  return features
    .clone()
    .center("column")
    .divRowVector(features.standardDeviation("column", { unbiased: false }));
}

function assertNear(got: Matrix, expected: Matrix, bound = 1e-9): void {
  const difference = Matrix.sub(got, expected).abs().max();
  assert.ok(difference <= bound, `difference ${difference}`);
}

describe("RidgePath", () => {
  const features = normals(40, 5, "features");
  // Columns of very different scales and means.
  features.mulRowVector([1, 100, 0.01, 3, 1]).addRowVector([0, 50, 7, -1, 2]);
  const targets = normals(40, 2, "targets");

  test("solves the normal equations at every penalty", () => {
    const path = new RidgePath(features, targets);
    const z = standardised(features);
    const y = targets.clone().center("column");
    for (const penalty of [1e-3, 1, 50]) {
      const gram = z.transpose().mmul(z).div(40).add(Matrix.eye(5).mul(penalty));
      const weights = inverse(gram).mmul(z.transpose().mmul(y)).div(40);
      const expected = z.mmul(weights).addRowVector(targets.mean("column"));
      assertNear(scoreRows(path.at(penalty), features), expected);
    }
  });

  test("does not depend on the features' units", () => {
    const other = features.clone().mulRowVector([7, 0.1, 1, 30, 2]).addRowVector([1, 2, 3, 4, 5]);
    const scores = scoreRows(new RidgePath(features, targets).at(0.3), features);
    assertNear(scoreRows(new RidgePath(other, targets).at(0.3), other), scores);
  });

  test("gives a constant feature no weight, and stands more features than rows", () => {
    const wide = normals(6, 12, "wide");
    // 0.1 is no binary fraction: the mean of six of them is not 0.1 to the bit.
    for (let row = 0; row < 6; row++) wide.set(row, 3, 0.1).set(row, 4, 0);
    const readout = new RidgePath(wide, normals(6, 1, "few")).at(1e-4);
    assert.ok(readout.weights.to1DArray().every(Number.isFinite));
    for (const constant of [3, 4]) assert.ok(Math.abs(readout.weights.get(constant, 0)) < 1e-12);
  });

  test("shrinks towards the mean target as the penalty grows", () => {
    const path = new RidgePath(features, targets);
    const norms = [0.01, 1, 100, 1e9].map((penalty) => path.at(penalty).weights.norm());
    assert.deepEqual(
      norms.toSorted((a, b) => b - a),
      norms,
    );
    const scores = scoreRows(path.at(1e12), features);
    assertNear(scores, new Matrix(40, 2).addRowVector(targets.mean("column")));
  });

  test("refuses rows that do not match, and penalties that are not positive", () => {
    assert.throws(() => new RidgePath(features, normals(3, 1, "x")), /3 targets on 40 rows/);
    for (const penalty of [0, -1, Number.NaN]) {
      assert.throws(
        () => new RidgePath(features, targets).at(penalty),
        /a positive number expected/,
      );
    }
  });
});
