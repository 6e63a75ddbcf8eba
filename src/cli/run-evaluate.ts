/** @file What `ecamp evaluate` does: takes the run's configuration, scores, prints the table, says where the files are. */
import { basename, join, resolve } from "node:path";
import type { Uncertain } from "../data/labels.ts";
import type { ThresholdRule } from "../metrics/thresholds.ts";
import type { ClassifyConfig } from "../recipes/classify-config.ts";
import { evaluate } from "../tasks/classify/evaluate.ts";
import { UsageError } from "../util/errors.ts";
import { CLASSIFY } from "./resolve-classify.ts";
import { resolveResumed } from "./resolve-run.ts";
import { absolute } from "./run-configuration.ts";
import { describeEvaluation } from "./show-evaluation.ts";
import { stagedProgress } from "./staged-progress.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp evaluate`, as its option table gives them. */
export interface EvaluateArgs {
  readonly run: string;
  readonly split: "train" | "val" | "test";
  readonly data: string | undefined;
  readonly out: string | undefined;
  readonly threshold: string;
  readonly uncertain: Uncertain;
  readonly minPositives: number;
  readonly resamples: number;
  readonly seed: number;
  readonly allowLeak: boolean;
  readonly device: string | undefined;
  readonly threads: number | undefined;
  readonly workers: number | undefined;
  readonly onBadRecord: "error" | "skip" | undefined;
  readonly json: boolean;
}

/** Evaluates a run and prints its figures. */
export async function runEvaluate(
  args: EvaluateArgs,
  { terminal, signal }: CommandContext,
): Promise<number> {
  const rule = ruleOf(args.threshold);
  const config = await configOf(args);
  const { run, split, minPositives, resamples, seed, uncertain } = args;
  const stages = stagedProgress(terminal);
  try {
    const evaluation = await evaluate({
      ...{ run, config, split, rule, uncertain, minPositives, resamples, seed, signal },
      ...{ data: absolute(args.data), folder: folderOf(args) },
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

/** The run's configuration; what its figures do not depend on may be another. */
async function configOf(args: EvaluateArgs): Promise<ClassifyConfig> {
  const { config } = await resolveResumed(
    CLASSIFY,
    args.run,
    {
      flags: {
        "run.device": { flag: "--device", value: args.device },
        "run.threads": { flag: "--threads", value: args.threads },
        "data.workers": { flag: "--workers", value: args.workers },
        "data.onBadRecord": { flag: "--on-bad-record", value: args.onBadRecord },
      },
    },
    "evaluate",
  );
  const allowLeak = args.allowLeak || config.run.allowLeak;
  return { ...config, run: { ...config.run, allowLeak } };
}

const UNITS = { train: "images", val: "images", test: "images", intervals: "resamples" } as const;

/** Figures on another dataset do not take the place of those on the run's own. */
function folderOf({ run, split, data, out }: EvaluateArgs): string {
  if (out !== undefined) return out;
  const name = data === undefined ? split : `${basename(resolve(data))}-${split}`;
  return join(run, "evaluation", name);
}

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
