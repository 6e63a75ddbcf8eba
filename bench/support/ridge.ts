/** @file Ridge regression of labels on pixels, its penalty chosen by leaving one sample out: what a linear read-out can reach. */

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { auroc } from "../../src/metrics/auroc.ts";

/** Samples in rows. */
export type Rows = readonly ArrayLike<number>[];

/** Penalties that are tried, as multiples of the mean squared length of a centred sample. */
const PENALTIES = [1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 10] as const;

/** K = Q·diag(values)·Qᵀ: decomposed once, every penalty is cheap. */
interface Spectrum {
  readonly values: readonly number[];
  readonly vectors: Matrix;
}

interface Fit {
  readonly penalty: number;
  /** AUROC of the training samples, each scored by a fit to the others. */
  readonly leftOut: number;
  /** One weight a sample: a new sample's score is the sum of its inner products with the samples, each times its weight. */
  readonly weights: Matrix;
}

/** Fits one target. In the dual form α = (K + λI)⁻¹ y, and sample i's residual when it is left out is αᵢ / (K + λI)⁻¹ᵢᵢ. */
function fit({ values, vectors }: Spectrum, target: Matrix, penalty: number): Fit {
  const shrunk = vectors.clone().mulRowVector(values.map((value) => 1 / (value + penalty)));
  const weights = shrunk.mmul(vectors.transpose().mmul(target));
  const scores: number[] = [];
  for (let i = 0; i < weights.rows; i++) {
    let diagonal = 0;
    for (let j = 0; j < vectors.columns; j++) diagonal += shrunk.get(i, j) * vectors.get(i, j);
    scores.push(target.get(i, 0) - weights.get(i, 0) / diagonal);
  }
  const labels = target.getColumn(0).map((value) => (value > 0 ? 1 : 0));
  return { penalty, leftOut: auroc(scores, labels) ?? 0, weights };
}

/** Scores of new samples, for one column of targets. */
export interface ReadOut {
  readonly scores: readonly number[];
  /** The penalty that was chosen, a multiple as in the list. */
  readonly penalty: number;
}

/** What a read-out is fitted on and what it scores. */
export interface ReadOutOptions {
  readonly train: Rows;
  readonly test: Rows;
  /** One array a target, 1 or 0 a training sample. */
  readonly targets: readonly ArrayLike<number>[];
}

/** Fits every target on the training samples and scores the test samples. The work grows as the cube of the training samples. */
export function ridgeReadOuts({ train, test, targets }: ReadOutOptions): readonly ReadOut[] {
  const means = columnMeans(train);
  const known = centred(train, means);
  const transposed = known.transpose();
  const gram = known.mmul(transposed); // [train, train]
  const cross = centred(test, means).mmul(transposed); // [test, train]
  const scale = gram.trace() / train.length;
  const decomposition = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const spectrum = {
    values: decomposition.realEigenvalues.map((value) => Math.max(0, value)),
    vectors: decomposition.eigenvectorMatrix,
  };
  return targets.map((target) => {
    const values = Array.from(target);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const column = Matrix.columnVector(values.map((value) => value - mean));
    const fits = PENALTIES.map((penalty) => fit(spectrum, column, penalty * scale));
    const best = fits.reduce((a, b) => (b.leftOut > a.leftOut ? b : a));
    const scores = cross.mmul(best.weights).getColumn(0);
    return { scores, penalty: Number((best.penalty / scale).toPrecision(3)) };
  });
}

function columnMeans(rows: Rows): Float64Array {
  const means = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) {
    for (let j = 0; j < means.length; j++) means[j] = (means[j] ?? 0) + (row[j] ?? 0);
  }
  return means.map((sum) => sum / rows.length);
}

function centred(rows: Rows, means: Float64Array): Matrix {
  return new Matrix(rows.map((row) => Array.from(row, (value, j) => value - (means[j] ?? 0))));
}
