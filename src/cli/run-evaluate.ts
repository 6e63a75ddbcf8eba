/** @file What `ecamp evaluate` does: sees which task the run is of, takes its configuration, scores, prints the table, says where the files are. */
import type { ThresholdRule } from "../metrics/thresholds.ts";
import { evaluate } from "../tasks/classify/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import {
  type EvaluateArgs,
  evaluatedConfig,
  evaluationFolder,
  requireFitting,
} from "./evaluate-arguments.ts";
import { CLASSIFY } from "./resolve-classify.ts";
import { DETECT } from "./resolve-detect.ts";
import { commandOfRun } from "./resolve-run.ts";
import { SEGMENT } from "./resolve-segment.ts";
import { absolute } from "./run-configuration.ts";
import { runEvaluateDetect, runEvaluateSegment } from "./run-evaluate-dense.ts";
import { describeEvaluation } from "./show-evaluation.ts";
import { stagedProgress } from "./staged-progress.ts";
import type { CommandContext } from "./terminal.ts";

/** Whose runs have a model to evaluate. */
const EVALUATED = [CLASSIFY, SEGMENT, DETECT].map(({ command }) => command);

/** Evaluates a run and prints its figures. */
export async function runEvaluate(args: EvaluateArgs, context: CommandContext): Promise<number> {
  const command = await commandOfRun(args.run, "evaluate", EVALUATED);
  if (command === SEGMENT.command) {
    requireFitting("segmenter", args);
    return runEvaluateSegment(args, context);
  }
  if (command === DETECT.command) {
    requireFitting("detector", args);
    return runEvaluateDetect(args, context);
  }
  requireFitting("classifier", args);
  return runEvaluateClassifier(args, context);
}

async function runEvaluateClassifier(
  args: EvaluateArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const rule = ruleOf(args.threshold);
  const config = await evaluatedConfig(CLASSIFY, args);
  const { run, split, minPositives, resamples, seed, uncertain } = args;
  const stages = stagedProgress(terminal);
  try {
    const evaluation = await evaluate({
      ...{ run, config, split, rule, uncertain, minPositives, resamples, seed, signal },
      ...{ data: absolute(args.data), folder: evaluationFolder(args) },
      onNote: (text) => terminal.err(`${text}\n`),
      onProgress: (stage, done, total) =>
        stages.update({ label: `evaluate, ${stage}`, total, unit: UNITS[stage] }, done),
    });
    stages.finish();
    terminal.out(
      args.json ? `${JSON.stringify(evaluation)}\n` : `\n${describeEvaluation(evaluation)}`,
    );
    return 0;
  } finally {
    stages.finish();
  }
}

const UNITS = { train: "images", val: "images", test: "images", intervals: "resamples" } as const;

/** `youden`, `f1` or `sensitivity=0.9`. */
function ruleOf(text: string): ThresholdRule {
  if (text === "youden" || text === "f1") return { kind: text };
  const [, number] = /^sensitivity=(0?\.\d+|1|0\.\d+)$/.exec(text) ?? [];
  const at = Number(number);
  if (at > 0 && at <= 1) return { kind: "sensitivity", at };
  throw new UsageError(
    `Cannot use --threshold "${text}": expected youden, f1 or sensitivity=0.9 (a number above 0, at most 1)`,
  );
}
