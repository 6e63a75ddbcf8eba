/** @file What `ecamp finetune` does, whatever the task: resolves the configuration, shows it, trains, says where the result is. */
import { describeRepairs } from "../data/repairs.ts";
import type { DownstreamConfig } from "../recipes/downstream-config.ts";
import type { FidelityName } from "../recipes/fidelity.ts";
import type { FinetuneResult, FinetuneRun } from "../tasks/finetune/finetune.ts";
import { LEAKING_MODEL } from "../tasks/finetune/leaking-model.ts";
import { UsageError } from "../util/errors.ts";
import type { FlagValue } from "./config-overrides.ts";
import { describeOrigins, type ResolvedConfig } from "./resolve-config.ts";
import { type RunChoices, type RunKind, resolveNew, resolveResumed } from "./resolve-run.ts";
import { absolute, configText, showChosen } from "./run-configuration.ts";
import { runDisplay } from "./run-display.ts";
import type { CommandContext, Terminal } from "./terminal.ts";

/** The arguments that every fine-tuning has, as its option table gives them. */
export interface FinetuneArgs {
  readonly out: string;
  readonly data: string | undefined;
  readonly weights: string | undefined;
  readonly labels: string | undefined;
  readonly imageSize: number | undefined;
  readonly recipe: string | undefined;
  readonly fidelity: FidelityName | undefined;
  readonly allowLeak: boolean;
  readonly resume: boolean;
  readonly allowChangedData: boolean;
  readonly stopAfter: number | undefined;
  readonly config: string | undefined;
  readonly set: readonly string[];
  readonly seed: number | undefined;
  readonly device: string | undefined;
  readonly threads: number | undefined;
  readonly workers: number | undefined;
  readonly onBadRecord: "error" | "skip" | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** A task that can be fine-tuned. */
export interface FinetuneKind<Config extends DownstreamConfig> {
  readonly kind: RunKind<Config>;
  readonly finetune: (run: FinetuneRun<Config>) => Promise<FinetuneResult>;
  /** Was a model trained on who shall judge it? */
  readonly readLeaks: (model: string) => Promise<boolean>;
  /** By key, flags of the task's own. */
  readonly flags: Readonly<Record<string, FlagValue>>;
}

/** Trains a model, or with `--dry-run` only shows with which values. */
export async function runFinetune<Config extends DownstreamConfig>(
  args: FinetuneArgs,
  context: CommandContext,
  { kind, finetune, readLeaks, flags }: FinetuneKind<Config>,
): Promise<number> {
  const { terminal } = context;
  if (args.allowChangedData && !args.resume) {
    throw new UsageError(
      "Cannot use --allow-changed-data without --resume: a new run takes the dataset as it is",
    );
  }
  const choices = choicesOf(args, flags);
  const resolved = args.resume
    ? await resolveResumed(kind, args.out, choices)
    : await resolveNew(kind, choices);
  if (args.dryRun) {
    const { origins } = resolved;
    const text = args.json
      ? JSON.stringify(Object.fromEntries(origins), null, 2)
      : describeOrigins(origins);
    terminal.out(`${text}\n`);
    return 0;
  }
  showChosen(resolved.origins, terminal);
  const result = await trainShowing(args, { resolved, finetune }, context);
  const leaks = await readLeaks(result.model);
  showResult({ ...result, leaks }, { ...args, command: kind.command }, terminal);
  return 0;
}

function choicesOf(args: FinetuneArgs, flags: Readonly<Record<string, FlagValue>>): RunChoices {
  return {
    recipe: args.recipe,
    fidelity: args.fidelity,
    config: args.config,
    set: args.set,
    flags: {
      "run.data": { flag: "--data", value: absolute(args.data) },
      "run.weights": { flag: "--weights", value: absolute(args.weights) },
      "run.allowLeak": { flag: "--allow-leak", value: args.allowLeak || undefined },
      "run.device": { flag: "--device", value: args.device },
      "run.threads": { flag: "--threads", value: args.threads },
      "model.imageSize": { flag: "--image-size", value: args.imageSize },
      "train.seed": { flag: "--seed", value: args.seed },
      "data.labels": { flag: "--labels", value: percentOf(args.labels) },
      "data.workers": { flag: "--workers", value: args.workers },
      "data.onBadRecord": { flag: "--on-bad-record", value: args.onBadRecord },
      ...flags,
    },
  };
}

/** `10%` or `10`. */
function percentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text.trim()) ?? [];
  const percent = Number(number);
  if (percent > 0 && percent <= 100) return percent;
  throw new UsageError(`Cannot use --labels "${text}": expected a percentage such as 10%`);
}

async function trainShowing<Config extends DownstreamConfig>(
  { out, resume, allowChangedData, stopAfter }: FinetuneArgs,
  {
    resolved,
    finetune,
  }: Pick<FinetuneKind<Config>, "finetune"> & { readonly resolved: ResolvedConfig<Config> },
  { terminal, signal }: CommandContext,
): Promise<FinetuneResult> {
  const { onEvent, finish } = runDisplay(terminal, { label: "finetune", samples: "images" });
  try {
    return await finetune({
      ...{ out, resume, allowChangedData, stopAfter, signal, onEvent },
      config: resolved.config,
      configText: configText(resolved),
      clock: terminal.clock,
      now: () => new Date(),
    });
  } finally {
    finish();
  }
}

/** How a run ended, and whether its model has seen who shall judge it. */
interface ShownResult extends FinetuneResult {
  readonly leaks: boolean;
}

function showResult(
  result: ShownResult,
  { json, out, command }: FinetuneArgs & { readonly command: string },
  terminal: Terminal,
): void {
  if (json) {
    terminal.out(`${JSON.stringify(result)}\n`);
    return;
  }
  const { step, finished, exhausted, best, model, skipped, mended, leaks } = result;
  const why = exhausted ? ", since validation no longer gained" : "";
  terminal.out(`${finished ? "Finished" : "Stopped"} after step ${step}${why}: ${model}\n`);
  if (best !== undefined) {
    const by =
      best.by === undefined ? "" : `, by ${best.by}${best.by === "loss" ? ": less is better" : ""}`;
    terminal.out(`Best on the split val: ${best.value.toFixed(4)} after step ${best.step}${by}\n`);
  }
  if (leaks) terminal.out(`${LEAKING_MODEL}\n`);
  if (skipped > 0) terminal.out(`Skipped ${skipped} records: see skipped.jsonl in the run\n`);
  for (const said of describeRepairs(mended)) terminal.out(`Mended as it was read: ${said}\n`);
  const folder = /[^\w./-]/.test(out) ? JSON.stringify(out) : out;
  terminal.out(
    finished
      ? `Evaluate it with: ecamp evaluate ${folder}\n`
      : `Go on with: ${command} --out ${folder} --resume\n`,
  );
}
