/** @file A linear read-out of several labels from frozen features; its penalty is chosen on a held-out part of the samples. */
import { Matrix } from "ml-matrix";
import { auroc, meanOfClasses } from "../../metrics/auroc.ts";
import { countLabels, type KnownLabels } from "../../metrics/known-labels.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { RandomStream } from "../../util/random.ts";
import { RidgePath, scoreRows } from "./ridge.ts";

/** Samples with features and labels. */
export interface ProbeSamples {
  /** f32 [n, D] */
  readonly features: NdArray<"f32">;
  /** By class, n each. */
  readonly labels: ReadonlyMap<string, KnownLabels>;
  /** Of which patient each sample is: those of one patient are never on both sides of a division. */
  readonly patients: readonly string[];
}

/** Scores of samples by class. */
export type ClassScores = ReadonlyMap<string, Float64Array>;

/** A fitted read-out. */
export interface ReadOut {
  /** λ of `RidgePath`, the same for every class. */
  readonly penalty: number;
  /** Scores for the classes that could be fitted: those with a positive and a negative. */
  score(features: NdArray<"f32">): ClassScores;
}

/**
 * 10⁻⁹ … 10³ in half decades. Features have variance 1, so the directions that a penalty is weighed against have variance 1 on
 * average; but pooled features vary together, and what tells a finding may lie where they have a millionth of that.
 */
const PENALTIES: readonly number[] = Array.from({ length: 25 }, (_, i) => 10 ** (-9 + i / 2));
/** Taken when the held-out part judges nothing. */
const USUAL_PENALTY = 1;
const HELD_OUT = 1 / 4;

/**
 * Fits one ridge regression a class to its known labels. The penalty is that of the highest mean AUROC on a quarter of the
 * patients, which the seed draws, after a fit to the others (the largest of equally good ones); the read-out itself is fitted
 * to all samples.
 */
export function fitReadOut(
  { features, labels, patients }: ProbeSamples,
  { seed }: { readonly seed: number },
): ReadOut {
  const rows = toMatrix(features);
  const { kept, heldOut } = divide(patients, seed);
  const penalty = choosePenalty(rows, labels, { kept, heldOut });
  const fits = fitClasses(rows, labels, Uint32Array.from(patients.keys()));
  return { penalty, score: (others) => scoresOf(fits, penalty, toMatrix(others)) };
}

/** Two parts of the samples. */
interface Division {
  readonly kept: Uint32Array;
  readonly heldOut: Uint32Array;
}

/** Holds out a quarter of the patients, rounded down, with all samples of theirs. */
function divide(patients: readonly string[], seed: number): Division {
  const distinct = [...new Set(patients)];
  const order = new RandomStream({ seed, name: "probe/held-out" }).permutation(distinct.length);
  const count = Math.floor(distinct.length * HELD_OUT);
  const chosen = new Set(Array.from(order.subarray(0, count), (i) => distinct[i]));
  const all = Uint32Array.from(patients.keys());
  return {
    kept: all.filter((sample) => !chosen.has(patients[sample])),
    heldOut: all.filter((sample) => chosen.has(patients[sample])),
  };
}

function choosePenalty(
  rows: Matrix,
  labels: ReadonlyMap<string, KnownLabels>,
  { kept, heldOut }: Division,
): number {
  const fits = fitClasses(rows, labels, kept);
  if (fits.length === 0 || heldOut.length === 0) return USUAL_PENALTY;
  const judged = rowsOf(rows, heldOut);
  let best = { penalty: USUAL_PENALTY, area: Number.NEGATIVE_INFINITY };
  for (const penalty of PENALTIES.toReversed()) {
    const areas = [...scoresOf(fits, penalty, judged)].map(([name, scores]) => {
      const truth = Int8Array.from(heldOut, (sample) => labels.get(name)?.[sample] ?? -1);
      return auroc(scores, truth);
    });
    const area = meanOfClasses(areas) ?? Number.NEGATIVE_INFINITY;
    if (area > best.area) best = { penalty, area };
  }
  return best.penalty;
}

/** Classes whose labels are known for the same samples share one decomposition. */
interface ClassFit {
  readonly names: readonly string[];
  readonly path: RidgePath;
}

function fitClasses(
  rows: Matrix,
  labels: ReadonlyMap<string, KnownLabels>,
  samples: Uint32Array,
): readonly ClassFit[] {
  const alike = new Map<string, { readonly names: string[]; readonly known: Uint32Array }>();
  for (const [name, values] of labels) {
    const { positives, negatives } = countLabels(values, samples);
    if (positives === 0 || negatives === 0) continue;
    const known = samples.filter((sample) => values[sample] !== -1);
    const key = known.join();
    const same = alike.get(key);
    if (same === undefined) alike.set(key, { names: [name], known });
    else same.names.push(name);
  }
  return [...alike.values()].map(({ names, known }) => {
    const targets = new Matrix(known.length, names.length);
    for (const [column, name] of names.entries()) {
      for (const [row, sample] of known.entries()) {
        targets.set(row, column, labels.get(name)?.[sample] ?? 0);
      }
    }
    return { names, path: new RidgePath(rowsOf(rows, known), targets) };
  });
}

function scoresOf(fits: readonly ClassFit[], penalty: number, rows: Matrix): ClassScores {
  const scores = new Map<string, Float64Array>();
  for (const { names, path } of fits) {
    const scored = scoreRows(path.at(penalty), rows); // [n, K]
    for (const [column, name] of names.entries()) {
      scores.set(name, Float64Array.from(scored.getColumn(column)));
    }
  }
  return scores;
}

/** f32 [n, D] in doubles. */
function toMatrix({ shape: [count = 0, width = 0], data }: NdArray<"f32">): Matrix {
  return Matrix.from1DArray(count, width, data);
}

function rowsOf(rows: Matrix, samples: Uint32Array): Matrix {
  return new Matrix(Array.from(samples, (sample) => rows.getRow(sample)));
}
