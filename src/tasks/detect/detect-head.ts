/** @file The detector as the head of a dense task: what its graph gives, what it minimises, how its boxes are judged (SPEC 4.3). */
import type { DetectionFields } from "../../data/detection-job.ts";
import { input } from "../../engine/tensor.ts";
import { detectionLoss } from "../../model/heads/detection-loss.ts";
import { detectionTargets, targetShapes } from "../../model/heads/detection-targets.ts";
import {
  DETECTOR_ENCODER,
  type DetectorConfig,
  detector,
  detectorGrids,
  isDetectorEncoder,
} from "../../model/heads/detector.ts";
import type { DenseHead } from "../dense/dense-task.ts";
import { boxJudge } from "./box-judge.ts";
import { mapName } from "./found-boxes.ts";
import type { SuppressOptions } from "./suppress-boxes.ts";

const targetName = (scale: number): string => `targets${scale}`;

/** The head of a detector. */
export function detectHead(
  config: DetectorConfig,
  {
    metadata,
    suppress,
  }: { readonly metadata: Readonly<Record<string, string>>; readonly suppress: SuppressOptions },
): DenseHead<DetectionFields> {
  const options = { ...config, grids: detectorGrids(config) };
  return {
    ...{ encoderPrefix: DETECTOR_ENCODER, isEncoder: isDetectorEncoder, metadata },
    outputs: (scope, image, { training }) =>
      Object.fromEntries(
        detector(scope, image, { ...config, training }).map((map, k) => [mapName(k), map]),
      ),
    objective: (outputs) => {
      const maps = config.anchors.flatMap((_, k) => outputs[mapName(k)] ?? []);
      const shapes = targetShapes(maps[0]?.shape[0] ?? 0, options);
      const targets = shapes.map((shape, k) => input(targetName(k), "f32", shape));
      const { total: loss, scales } = detectionLoss(maps, targets);
      const parts = scales.map((scale, k) => [`scale${k}`, scale.loss] as const);
      return { loss, parts: { loss, ...Object.fromEntries(parts) } };
    },
    targetsOf: ({ arrays }) =>
      new Map(
        detectionTargets(arrays.boxes, options).map(
          (target, k) => [targetName(k), target] as const,
        ),
      ),
    judge: () => boxJudge(config, suppress),
  };
}
