/** @file What `ecamp evaluate` does with runs of segmentation and detection. */

import type { DenseConfig, DenseFields } from "../tasks/dense/dense-task.ts";
import { type DenseEvaluation, evaluateDense } from "../tasks/dense/evaluate.ts";
import type { DenseJudging } from "../tasks/dense/judging.ts";
import { DETECT_JUDGING } from "../tasks/detect/detect-judging.ts";
import type { PictureDescription } from "../tasks/finetune/model-description.ts";
import { SEGMENT_JUDGING } from "../tasks/segment/segment-judging.ts";
import { type EvaluateArgs, evaluatedConfig, evaluationFolder } from "./evaluate-arguments.ts";
import { DETECT } from "./resolve-detect.ts";
import type { RunKind } from "./resolve-run.ts";
import { SEGMENT } from "./resolve-segment.ts";
import { absolute } from "./run-configuration.ts";
import { describeDense } from "./show-dense.ts";
import { stagedProgress } from "./staged-progress.ts";
import type { CommandContext } from "./terminal.ts";

/** Evaluates a segmenter and prints its figures. */
export const runEvaluateSegment = (args: EvaluateArgs, context: CommandContext): Promise<number> =>
  runEvaluateDense({ kind: SEGMENT, judging: SEGMENT_JUDGING }, args, context);

/** Evaluates a detector and prints its figures. */
export const runEvaluateDetect = (args: EvaluateArgs, context: CommandContext): Promise<number> =>
  runEvaluateDense({ kind: DETECT, judging: DETECT_JUDGING }, args, context);

const UNITS = {
  ...{ train: "images", val: "images", test: "images" },
  ...{ intervals: "resamples", pictures: "pictures" },
} as const;

async function runEvaluateDense<
  Config extends DenseConfig,
  F extends DenseFields,
  Description extends PictureDescription,
  Line,
  Name extends string,
>(
  {
    kind,
    judging,
  }: {
    readonly kind: RunKind<Config>;
    readonly judging: DenseJudging<Config, F, Description, Line, Name>;
  },
  args: EvaluateArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const config = await evaluatedConfig(kind, args);
  const { run, split, resamples, seed, smallBelow, pictures, includeCases, minObjectness } = args;
  const stages = stagedProgress(terminal);
  try {
    const evaluation: DenseEvaluation<Name> = await evaluateDense(judging, {
      ...{ run, config, split, resamples, seed, smallBelow, pictures, includeCases, signal },
      ...{ minObjectness, data: absolute(args.data), folder: evaluationFolder(args) },
      onNote: (text) => terminal.err(`${text}\n`),
      onProgress: (stage, done, total) =>
        stages.update({ label: `evaluate, ${stage}`, total, unit: UNITS[stage] }, done),
    });
    stages.finish();
    terminal.out(args.json ? `${JSON.stringify(evaluation)}\n` : `\n${describeDense(evaluation)}`);
    return 0;
  } finally {
    stages.finish();
  }
}
