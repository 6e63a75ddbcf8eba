/** @file What `ecamp finetune segment` adds to the one fine-tuning. */
import { readDescription } from "../tasks/finetune/open-model.ts";
import { finetuneSegmenter } from "../tasks/segment/finetune.ts";
import { SEGMENTER_FORMAT } from "../tasks/segment/segmenter-description.ts";
import { namesOf } from "./name-list.ts";
import { SEGMENT } from "./resolve-segment.ts";
import { type FinetuneArgs, runFinetune } from "./run-finetune.ts";
import type { CommandContext } from "./terminal.ts";

/** Its arguments, as its option table gives them. */
export interface FinetuneSegmentArgs extends FinetuneArgs {
  readonly trainEncoder: boolean;
  readonly classes: string | undefined;
  readonly masksFrom: "masks" | "boxes" | undefined;
}

/** Trains a segmenter. */
export function runFinetuneSegment(
  { trainEncoder, classes, masksFrom, ...args }: FinetuneSegmentArgs,
  context: CommandContext,
): Promise<number> {
  return runFinetune(args, context, {
    kind: SEGMENT,
    finetune: finetuneSegmenter,
    readLeaks: async (model) => (await readDescription(SEGMENTER_FORMAT, model)).leaks,
    flags: {
      "train.trainEncoder": { flag: "--train-encoder", value: trainEncoder || undefined },
      "data.classes": { flag: "--classes", value: namesOf(classes) },
      "data.masksFrom": { flag: "--masks-from", value: masksFrom },
    },
  });
}
