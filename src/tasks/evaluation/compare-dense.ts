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
  type StoredDense,
} from "./dense-evaluation-file.ts";

/** A comparison, and of what. Plain JSON. */
export interface DenseEvaluationComparison<Name extends string> {
  readonly first: DenseProvenance;
  readonly second: DenseProvenance;
  readonly comparison: DenseComparison<Name>;
}

/** How evaluations are read, and how it is seen that both are of the same masks or boxes. */
export interface ComparedReading<Line, Name extends string> extends LineReading<Line, Name> {
  readonly sameTruth: (first: Line, second: Line) => boolean;
}

/**
 * Compares two folders that an evaluation of the same task wrote.
 * @throws {ManifestError} when one cannot be read, or they are not of the same records with the same masks or boxes
 */
export async function compareDenseEvaluations<Line, Name extends string>(
  reading: ComparedReading<Line, Name>,
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
  requireSameTruth(attempt, [first, second], reading);
  const comparison = await compareDense([first.figures, second.figures], options).catch(
    (error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      throw new ManifestError(`${attempt}: ${error.message}`, { cause: error });
    },
  );
  return { first: a, second: b, comparison };
}

/** Records of two datasets may have the same ids, and those of one may have been marked anew between two evaluations. */
function requireSameTruth<Line, Name extends string>(
  attempt: string,
  [first, second]: readonly [StoredDense<Line, Name>, StoredDense<Line, Name>],
  { sameTruth }: ComparedReading<Line, Name>,
): void {
  const { ids } = second.figures;
  if (first.figures.ids.some((id, i) => id !== ids[i])) return; // which the comparison itself refuses
  const other = first.lines.filter((line, i) => {
    const theirs = second.lines[i];
    return theirs === undefined || !sameTruth(line, theirs);
  }).length;
  if (other === 0) return;
  throw new ManifestError(
    `${attempt}: what is there is not the same for ${other} of ${first.lines.length} records; the one is of "${first.provenance.dataset}", the other of "${second.provenance.dataset}"; evaluate both on one dataset, whose masks are read and resized alike`,
  );
}
