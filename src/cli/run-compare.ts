/** @file What `ecamp compare` does: finds both evaluations, compares, prints the table. */
import { join } from "node:path";
import { exists } from "../data/dataset-files.ts";
import { DETECT_JUDGING, type DetectLine } from "../tasks/detect/detect-judging.ts";
import { compareDenseEvaluations } from "../tasks/evaluation/compare-dense.ts";
import { compareEvaluations } from "../tasks/evaluation/compare-evaluations.ts";
import { taskOfEvaluation } from "../tasks/evaluation/dense-evaluation-file.ts";
import { EVALUATION } from "../tasks/evaluation/evaluation-file.ts";
import { SEGMENT_JUDGING, type SegmentLine } from "../tasks/segment/segment-judging.ts";
import { ManifestError } from "../util/errors.ts";
import { withProgress } from "./progress.ts";
import { describeComparison } from "./show-comparison.ts";
import { describeDenseComparison } from "./show-dense.ts";
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
  const tasks = [await taskOfEvaluation(folders[0]), await taskOfEvaluation(folders[1])];
  if (tasks[0] !== tasks[1]) {
    throw new ManifestError(
      `Cannot compare "${a}" with "${b}": the one is an evaluation to ${tasks[0] ?? "classify"}, the other to ${tasks[1] ?? "classify"}`,
    );
  }
  const [task] = tasks;
  const shown = { label: "compare", total: resamples, unit: "resamples" };
  if (task !== undefined) {
    const compared = await withProgress(terminal, shown, (progress) => {
      const options = {
        seed,
        resamples,
        signal,
        onProgress: (done: number) => progress.update(done),
      };
      return task === "segment"
        ? compareDenseEvaluations<SegmentLine, string>(SEGMENT_JUDGING, folders, options)
        : compareDenseEvaluations<DetectLine, string>(DETECT_JUDGING, folders, options);
    });
    terminal.out(json ? `${JSON.stringify(compared)}\n` : `\n${describeDenseComparison(compared)}`);
    return 0;
  }
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
