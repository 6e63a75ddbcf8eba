/** @file Ridge regression for every penalty at once: one eigendecomposition, then a product for each penalty (Hastie et al., 3.4). */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Scores of rows by a linear function: features · weights + offsets. */
export interface LinearReadout {
  /** [D, K] */
  readonly weights: Matrix;
  /** K */
  readonly offsets: readonly number[];
}

/**
 * The path of ridge regressions of targets [n, K] on features [n, D], over the penalty λ. With features standardised to mean 0
 * and variance 1 (Z) and targets centred, W(λ) = argmin ‖Y − Z W‖² / n + λ ‖W‖² = V (Λ + λ)⁻¹ Vᵀ Zᵀ Y / n, where
 * V Λ Vᵀ = Zᵀ Z / n; the intercept is not penalised. λ is per sample: the same λ fits other numbers of samples.
 */
export class RidgePath {
  readonly #means: readonly number[];
  readonly #deviations: readonly number[];
  readonly #targetMeans: readonly number[];
  readonly #vectors: Matrix;
  readonly #values: readonly number[];
  /** Vᵀ Zᵀ Y / n */
  readonly #projected: Matrix;

  constructor(features: Matrix, targets: Matrix) {
    const { rows } = features;
    if (rows === 0 || rows !== targets.rows) {
      throw new RangeError(
        `Cannot fit ${targets.rows} targets on ${rows} rows of features: expected as many, from 1`,
      );
    }
    this.#means = features.mean("column");
    const standard = features.clone().subRowVector(this.#means);
    this.#deviations = deviationsOf(standard, this.#means);
    standard.divRowVector(this.#deviations);
    this.#targetMeans = targets.mean("column");
    const response = targets.clone().subRowVector(this.#targetMeans);
    const transposed = standard.transpose();
    const gram = transposed.mmul(standard).div(rows);
    const decomposed = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
    this.#vectors = decomposed.eigenvectorMatrix;
    this.#values = decomposed.realEigenvalues;
    this.#projected = this.#vectors.transpose().mmul(transposed.mmul(response)).div(rows);
  }

  /**
   * The regression at one penalty, on features as they are.
   * @throws {RangeError} when the penalty is not positive
   */
  at(penalty: number): LinearReadout {
    if (!(penalty > 0 && penalty < Number.POSITIVE_INFINITY)) {
      throw new RangeError(
        `Cannot regress with the penalty ${penalty}: a positive number expected`,
      );
    }
    // Rounding may leave an eigenvalue of 0 slightly negative.
    const shrunk = this.#values.map((value) => Math.max(value, 0) + penalty);
    const standard = this.#vectors.mmul(this.#projected.clone().divColumnVector(shrunk)); // [D, K]
    const weights = standard.divColumnVector(this.#deviations);
    const shifts = Matrix.rowVector(this.#means).mmul(weights).to1DArray();
    return { weights, offsets: this.#targetMeans.map((mean, k) => mean - (shifts[k] ?? 0)) };
  }
}

/** A feature whose deviation is this part of its mean is constant but for the rounding of f32. */
const ROUNDING = 2 ** -22;

/** Root mean squares of the columns of centred rows; 1 for constant features, which then stay 0. */
function deviationsOf(centred: Matrix, means: readonly number[]): readonly number[] {
  const squares = Matrix.mul(centred, centred).mean("column");
  return squares.map((square, column) => {
    const deviation = Math.sqrt(square);
    return deviation > ROUNDING * Math.abs(means[column] ?? 0) ? deviation : 1;
  });
}

/** Scores [n, K] of rows of features [n, D]. */
export function scoreRows({ weights, offsets }: LinearReadout, features: Matrix): Matrix {
  return features.mmul(weights).addRowVector(offsets);
}
