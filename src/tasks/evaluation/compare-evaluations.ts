/** @file Two evaluations of the same records, compared. */
import {
  type CompareOptions,
  type Comparison,
  comparePredictions,
} from "../../metrics/compare-predictions.ts";
import type { Contender } from "../../metrics/report-statistics.ts";
import type { ChosenThreshold } from "../../metrics/thresholds.ts";
import { ManifestError } from "../../util/errors.ts";
import { readEvaluation, type StoredEvaluation } from "./evaluation-file.ts";

/** A comparison, and of what. Plain JSON. */
export interface EvaluationComparison {
  readonly first: StoredEvaluation["provenance"];
  readonly second: StoredEvaluation["provenance"];
  readonly comparison: Comparison;
}

/**
 * Compares two folders that `evaluate` wrote.
 * @throws {ManifestError} when one cannot be read, or they are not of the same records
 */
export async function compareEvaluations(
  folders: readonly [string, string],
  options: CompareOptions,
): Promise<EvaluationComparison> {
  const [first, second] = [await readEvaluation(folders[0]), await readEvaluation(folders[1])];
  if (first.provenance.split !== second.provenance.split) {
    throw new ManifestError(
      `Cannot compare "${first.folder}" with "${second.folder}": the one is of the split ${first.provenance.split}, the other of ${second.provenance.split}`,
    );
  }
  if (first.provenance.uncertain !== second.provenance.uncertain) {
    throw new ManifestError(
      `Cannot compare "${first.folder}" with "${second.folder}": uncertain labels count as ${first.provenance.uncertain} in the one, as ${second.provenance.uncertain} in the other; evaluate both with the same --uncertain`,
    );
  }
  const comparison = await comparePredictions([contender(first), contender(second)], options).catch(
    (error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      throw new ManifestError(
        `Cannot compare "${first.folder}" with "${second.folder}": ${error.message}`,
        { cause: error },
      );
    },
  );
  return { first: first.provenance, second: second.provenance, comparison };
}

function contender({ predictions, thresholds }: StoredEvaluation): Contender {
  const chosen = new Map(
    [...thresholds].map(([name, threshold]): [string, ChosenThreshold] => [
      name,
      threshold === null ? { threshold: undefined, reason: "none was chosen" } : { threshold },
    ]),
  );
  return { predictions, thresholds: chosen };
}
