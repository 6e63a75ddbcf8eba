/** @file What `ecamp finetune classify` adds to the one fine-tuning. */
import type { ClassifyConfig } from "../recipes/classify-config.ts";
import { CLASSIFIER_FORMAT } from "../tasks/classify/classifier-description.ts";
import { finetuneClassifier } from "../tasks/classify/finetune.ts";
import { readDescription } from "../tasks/finetune/open-model.ts";
import { CLASSIFY } from "./resolve-classify.ts";
import { type FinetuneArgs, runFinetune } from "./run-finetune.ts";
import type { CommandContext } from "./terminal.ts";

/** Its arguments, as its option table gives them. */
export interface FinetuneClassifyArgs extends FinetuneArgs {
  readonly probe: boolean;
  readonly uncertain: ClassifyConfig["data"]["uncertain"] | undefined;
}

/** Trains a classifier. */
export function runFinetuneClassify(
  { probe, uncertain, ...args }: FinetuneClassifyArgs,
  context: CommandContext,
): Promise<number> {
  const recipe = args.recipe ?? (probe ? "probe" : undefined);
  return runFinetune({ ...args, recipe }, context, {
    kind: CLASSIFY,
    finetune: finetuneClassifier,
    readLeaks: async (model) => (await readDescription(CLASSIFIER_FORMAT, model)).leaks,
    flags: {
      "train.mode": { flag: "--probe", value: probe ? "probe" : undefined },
      "data.uncertain": { flag: "--uncertain", value: uncertain },
    },
  });
}
