/** @file What `ecamp pretrain` does: resolves the configuration, shows it, trains, shows progress, says where the result is. */
import { join } from "node:path";
import { openDevice } from "../engine/runtime/device.ts";
import type { FidelityName } from "../recipes/fidelity.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { planPretrain } from "../report/plan/plan-pretrain.ts";
import {
  openRunBoard,
  PICTURES_EVERY,
  type RunBoardOptions,
} from "../report/tensorboard/run-board.ts";
import { type PretrainResult, pretrain } from "../tasks/pretrain.ts";
import { UsageError } from "../util/errors.ts";
import { replayStep } from "./replay-step.ts";
import { describeOrigins, type ResolvedConfig } from "./resolve-config.ts";
import { PRETRAIN, resolvePretrain } from "./resolve-pretrain.ts";
import { type RunChoices, resolveResumed } from "./resolve-run.ts";
import { absolute, configText, showChosen } from "./run-configuration.ts";
import { runDisplay } from "./run-display.ts";
import { describePlan } from "./show-plan.ts";
import type { CommandContext, Terminal } from "./terminal.ts";

/** The arguments of `ecamp pretrain`, as its option table gives them. */
export interface PretrainArgs {
  readonly out: string;
  readonly data: string | undefined;
  readonly tokenizer: string | undefined;
  readonly recipe: string | undefined;
  readonly fidelity: FidelityName | undefined;
  readonly init: string | undefined;
  readonly resume: boolean;
  readonly allowChangedData: boolean;
  readonly replay: string | undefined;
  readonly stopAfter: number | undefined;
  readonly config: string | undefined;
  readonly set: readonly string[];
  readonly seed: number | undefined;
  readonly device: string | undefined;
  readonly threads: number | undefined;
  readonly workers: number | undefined;
  readonly checkpointMinutes: number | undefined;
  readonly onBadRecord: "error" | "skip" | undefined;
  readonly picturesEvery: number | undefined;
  readonly includeCases: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Pre-trains, or with `--dry-run` only shows what would be done. */
export async function runPretrain(args: PretrainArgs, context: CommandContext): Promise<number> {
  const { terminal } = context;
  const choices = choicesOf(args);
  requireFitting(args);
  const resolved =
    args.resume || args.replay !== undefined
      ? await resolveResumed(PRETRAIN, args.out, choices)
      : await resolvePretrain(choices);
  if (args.replay !== undefined) {
    await replayStep({ ...args, replay: args.replay, config: resolved.config }, terminal);
    return 0;
  }
  if (args.dryRun) {
    await showPlan(args, resolved, context);
    return 0;
  }
  showChosen(resolved.origins, terminal);
  const result = await trainShowing(args, resolved, context);
  showResult({ result, args, terminal });
  return 0;
}

/** @throws {UsageError} when flags contradict each other */
function requireFitting({ resume, replay, allowChangedData, dryRun }: PretrainArgs): void {
  if (replay !== undefined && (resume || dryRun)) {
    throw new UsageError(
      `Cannot use --replay with ${resume ? "--resume" : "--dry-run"}: it does one step again and trains nothing`,
    );
  }
  if (allowChangedData && !resume) {
    throw new UsageError(
      "Cannot use --allow-changed-data without --resume: a new run takes the dataset as it is",
    );
  }
}

/** Shows every value, and what the run would take. */
async function showPlan(
  { json }: PretrainArgs,
  { config, origins }: ResolvedConfig<PretrainConfig>,
  { terminal, signal }: CommandContext,
): Promise<void> {
  if (!json) terminal.out(`${describeOrigins(origins)}\n\n`);
  const plan = await planPretrain(config, {
    clock: terminal.clock,
    signal,
    onProgress: (text) => terminal.err(`dry run: ${text}\n`),
  });
  const text = json
    ? JSON.stringify({ config: Object.fromEntries(origins), plan }, null, 2)
    : describePlan(plan);
  terminal.out(`${text}\n`);
}

function choicesOf(args: PretrainArgs): RunChoices {
  return {
    recipe: args.recipe,
    fidelity: args.fidelity,
    config: args.config,
    set: args.set,
    flags: {
      "run.data": { flag: "--data", value: absolute(args.data) },
      "run.tokenizer": { flag: "--tokenizer", value: absolute(args.tokenizer) },
      "run.init": { flag: "--init", value: absolute(args.init) },
      "run.device": { flag: "--device", value: args.device },
      "run.threads": { flag: "--threads", value: args.threads },
      "train.seed": { flag: "--seed", value: args.seed },
      "train.checkpointMinutes": { flag: "--checkpoint-minutes", value: args.checkpointMinutes },
      "data.workers": { flag: "--workers", value: args.workers },
      "data.onBadRecord": { flag: "--on-bad-record", value: args.onBadRecord },
    },
  };
}

async function trainShowing(
  args: PretrainArgs,
  resolved: ResolvedConfig<PretrainConfig>,
  { terminal, signal }: CommandContext,
): Promise<PretrainResult> {
  const { onEvent, finish } = runDisplay(terminal, { label: "pretrain", samples: "pairs" });
  try {
    return await pretrain({
      out: args.out,
      config: resolved.config,
      configText: configText(resolved),
      resume: args.resume,
      allowChangedData: args.allowChangedData,
      stopAfter: args.stopAfter,
      signal,
      onEvent,
      watch: (run) => openRunBoard(run, boardOptions(args, resolved.config)),
      clock: terminal.clock,
      now: () => new Date(),
    });
  } finally {
    finish();
  }
}

/** What TensorBoard shows of a run. */
function boardOptions(
  { picturesEvery = PICTURES_EVERY, includeCases }: PretrainArgs,
  { run, train, loss: { normalizedPatches, ...lossWeights } }: PretrainConfig,
): RunBoardOptions {
  return {
    ...{ picturesEvery, includeCases, lossWeights, normalizedPatches },
    device: openDevice({ provider: run.device, threads: run.threads }),
    maskRatio: train.maskRatio,
    seed: train.seed,
    now: () => new Date(),
  };
}

function showResult({
  result,
  args,
  terminal,
}: {
  readonly result: PretrainResult;
  readonly args: PretrainArgs;
  readonly terminal: Terminal;
}): void {
  if (args.json) {
    terminal.out(`${JSON.stringify(result)}\n`);
    return;
  }
  const { step, finished, checkpoint, skipped } = result;
  terminal.out(`${finished ? "Finished" : "Stopped"} after step ${step}: ${checkpoint}\n`);
  if (skipped > 0) {
    terminal.out(
      `Skipped ${skipped === 1 ? "1 record" : `${skipped} records`}: ${join(args.out, "skipped.jsonl")}\n`,
    );
  }
  const out = /[^\w./-]/.test(args.out) ? JSON.stringify(args.out) : args.out;
  if (!finished) terminal.out(`Go on with: ecamp pretrain --out ${out} --resume\n`);
}
