/** @file From a detector's raw maps to the boxes of each picture: decoded at every scale, suppressed over all of them (SPEC 4.3). */

import { BOX_COLUMNS } from "../../model/heads/detection-targets.ts";
import type { DetectorConfig } from "../../model/heads/detector.ts";
import { detectorGrids } from "../../model/heads/detector.ts";
import { ndArray } from "../../util/nd-array.ts";
import type { Outputs } from "../dense/dense-task.ts";
import { decodeBoxes } from "./decode-boxes.ts";
import { type SuppressedBoxes, type SuppressOptions, suppressBoxes } from "./suppress-boxes.ts";

/** The name of a scale's map among the graph's results, the coarsest is 0. */
export const mapName = (scale: number): string => `map${scale}`;

/**
 * The boxes that a detector finds in each picture of a batch, in pixels of its image.
 * @throws {RangeError} when an objectness is NaN
 */
export function foundBoxes(
  outputs: Outputs,
  batch: number,
  { config, ...options }: { readonly config: DetectorConfig } & SuppressOptions,
): readonly SuppressedBoxes[] {
  const { anchors, classes, imageSize } = config;
  const numbers = BOX_COLUMNS + classes;
  const scales = detectorGrids(config).map((grid, k) => {
    const own = anchors[k] ?? [];
    const shape = [batch, own.length * numbers, grid, grid];
    const logits = ndArray("f32", shape, outputs.get(mapName(k)) ?? new Float32Array());
    return decodeBoxes(logits, { anchors: own, imageSize });
  });
  return Array.from({ length: batch }, (_, image) => {
    const rows = scales.map(({ data }) => {
      const size = data.length / batch;
      return data.subarray(image * size, (image + 1) * size);
    });
    return suppressBoxes(concatenated(rows), numbers, options);
  });
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
