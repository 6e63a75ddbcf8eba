/** @file The segmenter as the head of a dense task: what its graph gives, what it minimises, how its masks are judged (SPEC 4.2). */
import type { SegmentationFields } from "../../data/segmentation-job.ts";
import { cast, div } from "../../engine/ops/elementwise.ts";
import { input, scalar } from "../../engine/tensor.ts";
import { INSIDE } from "../../image/dense-view.ts";
import { mixedLoss } from "../../model/heads/segmentation-loss.ts";
import {
  isSegmenterEncoder,
  type SegmenterConfig,
  segmenter,
} from "../../model/heads/segmenter.ts";
import type { NdArray } from "../../util/nd-array.ts";
import type { DenseHead } from "../dense/dense-task.ts";
import { maskJudge } from "./mask-judge.ts";

/** The name of the graph's result: f32 [B, C, S, S]. */
export const LOGITS = "logits";

/** The names of what is true: u8 [B, C, S, S] shares of a pixel in 1/255, f32 [B, C] whether the mask is known. */
const [MASKS, KNOWN] = ["masks", "known"];

/** The head of a segmenter. */
export function segmentHead(
  config: SegmenterConfig,
  metadata: Readonly<Record<string, string>>,
): DenseHead<SegmentationFields> {
  return {
    ...{ encoderPrefix: "encoder.", isEncoder: isSegmenterEncoder, metadata },
    outputs: (scope, image, { training }) => ({
      [LOGITS]: segmenter(scope, image, { ...config, training }),
    }),
    objective: ({ [LOGITS]: logits }) => {
      if (logits === undefined) throw new TypeError("internal: a segmenter gave no logits");
      const [batch = 0, classes = 0] = logits.shape;
      const levels = cast(input(MASKS, "u8", logits.shape), "f32");
      const { loss, focalPart, dicePart } = mixedLoss(logits, {
        targets: div(levels, scalar(INSIDE)),
        known: input(KNOWN, "f32", [batch, classes]),
      });
      return { loss, parts: { loss, focal: focalPart, dice_loss: dicePart } };
    },
    targetsOf: ({ arrays }) =>
      new Map<string, NdArray>([
        [MASKS, arrays.masks],
        [KNOWN, arrays.known],
      ]),
    judge: () => maskJudge(config.classes.length),
  };
}
