/** @file What `ecamp pretrain --replay` does: a step whose numbers were not finite once more, and says what goes bad first. */
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import { describeFirst, type ReplayedStep, replayBadStep } from "../tasks/bad-step-files.ts";
import type { Terminal } from "./terminal.ts";

/** Which step is done again. */
export interface ReplayArgs {
  /** The run's folder. */
  readonly out: string;
  /** The step, such as `failures/step-000123`. */
  readonly replay: string;
  readonly config: PretrainConfig;
  readonly json: boolean;
}

/** Does the step again and shows what came of it. */
export async function replayStep(
  { out, replay, config, json }: ReplayArgs,
  terminal: Terminal,
): Promise<void> {
  const replayed = await replayBadStep(replay, { out, config });
  terminal.out(`${json ? asJson(replayed) : describeReplay(replayed)}\n`);
}

function describeReplay({
  step,
  micro,
  records,
  found,
  losses,
  first,
  isSame,
}: ReplayedStep): string {
  const now = Object.entries(losses).map(([name, loss]) => `${name} ${loss}`);
  const compared = isSame ? "the same as when the run ended" : "another than when the run ended";
  return [
    `Step ${step}, micro-batch ${micro + 1}, where ${found}`,
    `Records: ${records.join(", ")}`,
    `Losses: ${now.join(", ")}`,
    `Now ${describeFirst(first)}: ${compared}`,
  ].join("\n");
}

/** JSON has no word for what is not finite. */
function asJson(replayed: ReplayedStep): string {
  return JSON.stringify(replayed, (_key, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? `${value}` : value,
  );
}
