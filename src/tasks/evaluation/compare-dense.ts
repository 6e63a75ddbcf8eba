/** @file Two evaluations of segmenters or of detectors on the same records, compared. */
import {
  compareDense,
  type DenseComparison,
  type DenseReportOptions,
} from "../../metrics/dense-report.ts";
import { ManifestError } from "../../util/errors.ts";
import {
  type DenseProvenance,
  type LineReading,
  readDenseEvaluation,
} from "./dense-evaluation-file.ts";

/** A comparison, and of what. Plain JSON. */
export interface DenseEvaluationComparison<Name extends string> {
  readonly first: DenseProvenance;
  readonly second: DenseProvenance;
  readonly comparison: DenseComparison<Name>;
}

/**
 * Compares two folders that an evaluation of the same task wrote.
 * @throws {ManifestError} when one cannot be read, or they are not of the same records
 */
export async function compareDenseEvaluations<Line, Name extends string>(
  reading: LineReading<Line, Name>,
  folders: readonly [string, string],
  options: DenseReportOptions,
): Promise<DenseEvaluationComparison<Name>> {
  const [first, second] = [
    await readDenseEvaluation(folders[0], reading),
    await readDenseEvaluation(folders[1], reading),
  ];
  const attempt = `Cannot compare "${folders[0]}" with "${folders[1]}"`;
  const [a, b] = [first.provenance, second.provenance];
  if (a.split !== b.split || a.smallBelow !== b.smallBelow) {
    throw new ManifestError(
      `${attempt}: the one is of the split ${a.split} (small below ${a.smallBelow}), the other of ${b.split} (${b.smallBelow}); evaluate both alike`,
    );
  }
  const comparison = await compareDense([first.figures, second.figures], options).catch(
    (error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      throw new ManifestError(`${attempt}: ${error.message}`, { cause: error });
    },
  );
  return { first: a, second: b, comparison };
}
