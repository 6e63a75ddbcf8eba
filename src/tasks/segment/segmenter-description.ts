/** @file What a segmenter's file says of itself, so that the file alone is enough to use it. */
import { z } from "zod";
import type { Fit } from "../../image/letterbox.ts";
import type { SegmenterConfig } from "../../model/heads/segmenter.ts";
import {
  encoderSchema,
  type ModelFormat,
  type PictureDescription,
  pictureSchema,
} from "../finetune/model-description.ts";

/** Everything that using a segmenter depends on beside its parameters. */
export interface SegmenterDescription extends PictureDescription {
  readonly config: SegmenterConfig;
  /** How the masks that it learnt lay in the square, so that its own find their way back; `stretch`, as pictures do, when absent. */
  readonly maskFit?: Fit;
}

const own = z.object({
  classes: z.array(z.string().min(1)).min(1),
  decoders: z.enum(["shared", "separate"]),
  decoderWidths: z.array(z.int().positive()).min(1),
});

/** How it is written and read. */
export const SEGMENTER_FORMAT: ModelFormat<SegmenterDescription> = {
  format: "ecamp-segmenter-1",
  key: "segmenter",
  command: "ecamp finetune segment",
  schema: z.intersection(
    pictureSchema,
    z.object({
      config: z.intersection(encoderSchema, own),
      maskFit: z.enum(["stretch", "letterbox"]).exactOptional(),
    }),
  ),
};
