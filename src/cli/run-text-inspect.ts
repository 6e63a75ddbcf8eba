/** @file What `ecamp text inspect` does: resolves the method as pre-training does, looks at one report, prints it. */
import { join } from "node:path";
import { exists } from "../data/dataset-files.ts";
import type { FidelityName } from "../recipes/fidelity.ts";
import { inspectText } from "../tasks/inspect-text.ts";
import { ConfigError } from "../util/errors.ts";
import { resolvePretrain } from "./resolve-pretrain.ts";
import { describeText } from "./show-text.ts";
import type { CommandContext } from "./terminal.ts";

/** The arguments of `ecamp text inspect`, as its option table gives them. */
export interface TextInspectArgs {
  readonly folder: string;
  readonly id: string;
  readonly tokenizer: string | undefined;
  readonly recipe: string | undefined;
  readonly fidelity: FidelityName | undefined;
  readonly set: readonly string[];
  readonly seed: number | undefined;
  readonly epoch: number;
  readonly reports: number;
  readonly includeCases: boolean;
  readonly json: boolean;
}

/** Inspects a report and prints it with marks, or as an object. */
export async function runTextInspect(
  args: TextInspectArgs,
  { terminal }: CommandContext,
): Promise<number> {
  const { folder, id, recipe, fidelity, set, seed, epoch, reports, includeCases } = args;
  const { config } = await resolvePretrain({
    ...{ recipe, fidelity, set },
    flags: { "train.seed": { flag: "--seed", value: seed } },
  });
  const inspection = await inspectText({
    ...{ folder, id, config, epoch, includeCases, countedReports: reports },
    tokenizer: await tokenizerFile(args),
  });
  if (args.json) terminal.out(`${JSON.stringify(inspection)}\n`);
  else terminal.outColored(describeText(inspection, terminal));
  return 0;
}

/** The vocabulary that is named, or the dataset's own. */
async function tokenizerFile({ folder, tokenizer }: TextInspectArgs): Promise<string> {
  if (tokenizer !== undefined) return tokenizer;
  const own = join(folder, "tokenizer.json");
  if (await exists(own)) return own;
  throw new ConfigError(
    `Cannot show a text without a vocabulary: "${own}" is not there; give one with --tokenizer`,
  );
}
