/** @file The mean average precision of a validation, on the grid of the model (SPEC 4.3). */
import type { DetectionFields } from "../../data/detection-job.ts";
import type { DetectionImage, LabelledBoxes } from "../../metrics/boxes.ts";
import { meanAveragePrecision } from "../../metrics/detection-precision.ts";
import { BOX_COLUMNS } from "../../model/heads/detection-targets.ts";
import type { DetectorConfig } from "../../model/heads/detector.ts";
import type { Judge } from "../dense/dense-task.ts";
import { foundBoxes } from "./found-boxes.ts";
import type { SuppressOptions } from "./suppress-boxes.ts";

/** The overlap of `ap50`. */
const HALF = 0.5;

/** Collects what is found and what is there; `map` and `ap50` are of all pictures, `map_filtered` as published runs print it. */
export function boxJudge(
  config: DetectorConfig,
  suppress: SuppressOptions,
): Judge<DetectionFields> {
  const images: DetectionImage[] = [];
  return {
    add: ({ arrays: { boxes } }, outputs, rows) => {
      const found = foundBoxes(outputs, boxes.shape[0] ?? 0, { config, ...suppress });
      const most = boxes.shape[1] ?? 0;
      for (const row of rows) {
        const mine = found[row];
        if (mine === undefined) continue;
        const from = row * most * BOX_COLUMNS;
        const true_ = boxes.data.subarray(from, from + most * BOX_COLUMNS);
        images.push({ found: mine, truth: trueBoxes(true_, config.imageSize) });
      }
    },
    hasPositives: () => images.some(({ truth }) => truth.labels.length > 0),
    measures: () => {
      const measures = {
        map: meanAveragePrecision(images),
        map_filtered: meanAveragePrecision(images, { strict: true, filtered: true }),
        ap50: meanAveragePrecision(images, { iouThresholds: [HALF] }),
      };
      return Object.fromEntries(
        Object.entries(measures).filter((each): each is [string, number] => each[1] !== undefined),
      );
    },
  };
}

/** Rows of class, centre and size, relative to the image, as boxes in its pixels. */
function trueBoxes(rows: Float32Array, imageSize: number): LabelledBoxes {
  const boxes: number[] = [];
  const labels: number[] = [];
  for (let at = 0; at < rows.length; at += BOX_COLUMNS) {
    const [label = 0, x = 0, y = 0, width = 0, height = 0] = rows.subarray(at, at + BOX_COLUMNS);
    if (width === 0 && height === 0) continue;
    labels.push(label);
    const corners = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    boxes.push(...corners.map((place) => place * imageSize));
  }
  return { boxes, labels };
}
