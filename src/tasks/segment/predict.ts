/** @file The masks that a segmenter draws in picture files (SPEC 4.2), in the pixels of each file. */
import type { Mask } from "../../image/mask.ts";
import { type DensePrediction, predictDense } from "../dense/predict-dense.ts";
import type { PredictOptions } from "../predict/predict-files.ts";
import { maskOfLogits } from "./mask-of-logits.ts";
import type { OpenSegmenter } from "./open-segmenter.ts";
import { LOGITS, segmentHead } from "./segment-head.ts";

/** How masks are drawn. */
export interface PredictMasksOptions extends PredictOptions {
  /** A pixel belongs to a mask where its probability is greater. Default 0.5. */
  readonly threshold?: number | undefined;
}

/** The mask of a class, of its picture's size. */
export interface ClassMask {
  readonly label: string;
  readonly mask: Mask;
}

/** Of one file: its picture and a mask for each class, or why it could not be read. */
export type MaskPrediction = DensePrediction<{ readonly masks: readonly ClassMask[] }>;

/** Masks of files, in order, as they are computed. A file that is no picture does not stop the others. */
export function predictMasks(
  segmenter: OpenSegmenter,
  files: readonly string[],
  { threshold, ...options }: PredictMasksOptions,
): AsyncGenerator<MaskPrediction> {
  const { classes, imageSize: size } = segmenter.config;
  const fit = segmenter.maskFit;
  return predictDense(segmenter, files, {
    ...{ head: segmentHead(segmenter.config, {}), ...options },
    answers: (outputs) => {
      const logits = outputs.get(LOGITS) ?? new Float32Array();
      return (row, picture) => ({
        masks: classes.map((label, k) => {
          const from = (row * classes.length + k) * size * size;
          const own = logits.subarray(from, from + size * size);
          return { label, mask: maskOfLogits(own, picture, { size, fit, threshold }) };
        }),
      });
    },
  });
}
