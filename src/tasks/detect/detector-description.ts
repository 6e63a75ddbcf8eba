/** @file What a detector's file says of itself, so that the file alone is enough to use it. */
import { z } from "zod";
import type { DetectorConfig } from "../../model/heads/detector.ts";
import {
  encoderSchema,
  type ModelFormat,
  type PictureDescription,
  pictureSchema,
} from "../finetune/model-description.ts";

/** Everything that using a detector depends on beside its parameters. */
export interface DetectorDescription extends PictureDescription {
  readonly config: DetectorConfig;
  /** In the order of its outputs. */
  readonly classes: readonly string[];
  /** Boxes below this objectness are no detections. */
  readonly objectness: number;
  /** A box that overlaps a surer one of its class this far is that one's. */
  readonly maxOverlap: number;
}

const size = z.int().positive();
const anchor = z.tuple([z.number().positive(), z.number().positive()]);

const own = z.object({
  classes: size,
  expansion: size,
  anchors: z.array(z.array(anchor).min(1)).length(3),
  channels: z.tuple([size, size, size]).exactOptional(),
});

/** How it is written and read. */
export const DETECTOR_FORMAT: ModelFormat<DetectorDescription> = {
  format: "ecamp-detector-1",
  key: "detector",
  command: "ecamp finetune detect",
  schema: z.intersection(
    pictureSchema,
    z.object({
      config: z.intersection(encoderSchema, own),
      classes: z.array(z.string().min(1)).min(1),
      objectness: z.number().min(0).max(1),
      maxOverlap: z.number().min(0).max(1),
    }),
  ),
};
