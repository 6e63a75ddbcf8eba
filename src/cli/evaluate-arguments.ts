/** @file The arguments of `ecamp evaluate`, and what follows from them whatever the task. */
import { basename, join, resolve } from "node:path";
import type { Uncertain } from "../data/labels.ts";
import type { DownstreamConfig } from "../recipes/downstream-config.ts";
import { UsageError } from "../util/errors.ts";
import { EVALUATE_OPTIONS } from "./evaluate-options.ts";
import { type RunKind, resolveResumed } from "./resolve-run.ts";

/** The arguments, as the option table gives them. */
export interface EvaluateArgs {
  readonly run: string;
  readonly split: "train" | "val" | "test";
  readonly data: string | undefined;
  readonly out: string | undefined;
  readonly threshold: string;
  readonly uncertain: Uncertain;
  readonly minPositives: number;
  readonly minObjectness: number | undefined;
  readonly smallBelow: number;
  readonly pictures: number;
  readonly includeCases: boolean;
  readonly resamples: number;
  readonly seed: number;
  readonly allowLeak: boolean;
  readonly device: string | undefined;
  readonly threads: number | undefined;
  readonly workers: number | undefined;
  readonly onBadRecord: "error" | "skip" | undefined;
  readonly json: boolean;
}

/**
 * The run's configuration; what its figures do not depend on may be another.
 * @throws {ConfigError} when the run is of another kind
 */
export async function evaluatedConfig<Config extends DownstreamConfig>(
  kind: RunKind<Config>,
  args: EvaluateArgs,
): Promise<Config> {
  const { config } = await resolveResumed(
    kind,
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

/** What a run has trained. */
export type EvaluatedKind = "classifier" | "segmenter" | "detector";

const DENSE: readonly EvaluatedKind[] = ["segmenter", "detector"];

/**
 * Refuses an option that would change nothing, such as a threshold for a segmenter: its figures would be taken for what they are not. A default
 * that is spelt out is no fault.
 * @throws {UsageError} naming the option, and what it is for
 */
export function requireFitting(kind: EvaluatedKind, args: EvaluateArgs): void {
  const { threshold, uncertain, ...options } = EVALUATE_OPTIONS;
  const given: readonly (readonly [string, boolean, readonly EvaluatedKind[]])[] = [
    ["--threshold", args.threshold !== threshold.default, ["classifier"]],
    ["--uncertain", args.uncertain !== uncertain.default, ["classifier"]],
    ["--min-positives", args.minPositives !== options["min-positives"].default, ["classifier"]],
    ["--min-objectness", args.minObjectness !== undefined, ["detector"]],
    ["--small-below", args.smallBelow !== options["small-below"].default, DENSE],
    ["--pictures", args.pictures !== options.pictures.default, DENSE],
    ["--include-cases", args.includeCases, DENSE],
  ];
  for (const [option, isGiven, kinds] of given) {
    if (!isGiven || kinds.includes(kind)) continue;
    throw new UsageError(
      `Cannot evaluate with ${option}: "${args.run}" is a ${kind}, and ${option} is for a ${kinds.join(" or a ")}`,
    );
  }
}

/** Figures on another dataset do not take the place of those on the run's own. */
export function evaluationFolder({ run, split, data, out }: EvaluateArgs): string {
  if (out !== undefined) return out;
  const name = data === undefined ? split : `${basename(resolve(data))}-${split}`;
  return join(run, "evaluation", name);
}
