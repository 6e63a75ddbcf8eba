/** @file What `ecamp compare` does: finds both evaluations, compares, prints the table. */
import { join } from "node:path";
import { exists } from "../data/dataset-files.ts";
import { compareEvaluations } from "../tasks/evaluation/compare-evaluations.ts";
import { EVALUATION } from "../tasks/evaluation/evaluation-file.ts";
import { ManifestError } from "../util/errors.ts";
import { withProgress } from "./progress.ts";
import { describeComparison } from "./show-comparison.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp compare`, as its option table gives them. */
export interface CompareArgs {
  readonly a: string;
  readonly b: string;
  readonly split: "train" | "val" | "test";
  readonly minPositives: number;
  readonly resamples: number;
  readonly seed: number;
  readonly json: boolean;
}

/** Compares two runs and prints the differences. */
export async function runCompare(
  { a, b, split, minPositives, resamples, seed, json }: CompareArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const folders = [await evaluationOf(a, split), await evaluationOf(b, split)] as const;
  const shown = { label: "compare", total: resamples, unit: "resamples" };
  const found = await withProgress(terminal, shown, (progress) =>
    compareEvaluations(folders, {
      ...{ minPositives, seed, resamples, signal },
      onProgress: (done) => progress.update(done),
    }),
  );
  terminal.out(json ? `${JSON.stringify(found)}\n` : `\n${describeComparison(found)}`);
  return 0;
}

/** A folder of figures, given itself or as that of its run. */
async function evaluationOf(path: string, split: string): Promise<string> {
  if (await exists(join(path, EVALUATION))) return path;
  const folder = join(path, "evaluation", split);
  if (await exists(join(folder, EVALUATION))) return folder;
  throw new ManifestError(
    `Cannot compare "${path}": neither it nor "${folder}" holds an ${EVALUATION}; make one with "ecamp evaluate ${path} --split ${split}"`,
  );
}
