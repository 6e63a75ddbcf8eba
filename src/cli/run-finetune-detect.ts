/** @file What `ecamp finetune detect` adds to the one fine-tuning. */

import { DETECTOR_FORMAT } from "../tasks/detect/detector-description.ts";
import { finetuneDetector } from "../tasks/detect/finetune.ts";
import { readDescription } from "../tasks/finetune/open-model.ts";
import { namesOf } from "./name-list.ts";
import { DETECT } from "./resolve-detect.ts";
import { type FinetuneArgs, runFinetune } from "./run-finetune.ts";
import type { CommandContext } from "./terminal.ts";

/** Its arguments, as its option table gives them. */
export interface FinetuneDetectArgs extends FinetuneArgs {
  readonly trainEncoder: boolean;
  readonly classes: string | undefined;
  readonly maxBoxes: number | undefined;
  readonly anchors: "yolo" | "fit" | undefined;
}

/** Trains a detector. */
export function runFinetuneDetect(
  { trainEncoder, classes, maxBoxes, anchors, ...args }: FinetuneDetectArgs,
  context: CommandContext,
): Promise<number> {
  return runFinetune(args, context, {
    kind: DETECT,
    finetune: finetuneDetector,
    readLeaks: async (model) => (await readDescription(DETECTOR_FORMAT, model)).leaks,
    flags: {
      "train.trainEncoder": { flag: "--train-encoder", value: trainEncoder || undefined },
      "data.classes": { flag: "--classes", value: namesOf(classes) },
      "data.maxBoxes": { flag: "--max-boxes", value: maxBoxes },
      "model.anchors": { flag: "--anchors", value: anchors },
    },
  });
}
