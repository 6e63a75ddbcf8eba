/** @file The boxes that a detector finds in picture files (SPEC 4.3), in the pixels of each file. */
import type { Box } from "../../data/record.ts";
import { boxToPicture } from "../../image/dense-boxes.ts";
import type { PixelSize } from "../../image/raster.ts";
import { type DensePrediction, predictDense } from "../dense/predict-dense.ts";
import type { PredictOptions } from "../predict/predict-files.ts";
import { detectHead } from "./detect-head.ts";
import { foundBoxes } from "./found-boxes.ts";
import type { OpenDetector } from "./open-detector.ts";
import type { SuppressedBoxes } from "./suppress-boxes.ts";

/** Which boxes are found. */
export interface PredictBoxesOptions extends PredictOptions {
  /** Boxes of less objectness are none. The detector's own by default. */
  readonly minObjectness?: number | undefined;
}

/** A box in pixels of its file, cut at the picture's edge. */
export interface FoundBox extends Box {
  /** How sure it is that something is there: its objectness, in 0 … 1. */
  readonly score: number;
  /** How probable its class is, if something is there. */
  readonly probability: number;
}

/** Of one file: its picture and the boxes in it, the surest first; or why it could not be read. */
export type BoxPrediction = DensePrediction<{ readonly boxes: readonly FoundBox[] }>;

/** Boxes of files, in order, as they are computed. A file that is no picture does not stop the others. */
export function predictBoxes(
  detector: OpenDetector,
  files: readonly string[],
  { minObjectness = detector.objectness, ...options }: PredictBoxesOptions,
): AsyncGenerator<BoxPrediction> {
  const { config, classes, maxOverlap } = detector;
  const suppress = { minObjectness, maxOverlap };
  return predictDense(detector, files, {
    ...{ head: detectHead(config, { suppress, metadata: {} }), ...options },
    answers: (outputs, batch) => {
      const found = foundBoxes(outputs, batch, { config, ...suppress });
      return (row, picture) => {
        const own = found[row];
        const boxes = own && boxesInPicture(own, picture, { size: config.imageSize, classes });
        return { boxes: boxes ?? [] };
      };
    },
  });
}

/** Boxes of a square view in pixels of the picture, the surest first; one that the edge leaves nothing of is none. */
export function boxesInPicture(
  { boxes, scores, labels, probabilities }: SuppressedBoxes,
  picture: PixelSize,
  { size, classes }: { readonly size: number; readonly classes: readonly string[] },
): readonly FoundBox[] {
  const all = Array.from(scores, (score, i): FoundBox => {
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4);
    const [x, y, x2, y2] = boxToPicture([left, top, right, bottom], picture, { size });
    const label = classes[labels[i] ?? 0] ?? `${labels[i]}`;
    const probability = probabilities[i] ?? 0;
    return { label, score, probability, x, y, width: x2 - x, height: y2 - y };
  });
  return all
    .filter(({ width, height }) => width > 0 && height > 0)
    .toSorted((a, b) => b.score - a.score);
}
