/** @file What a classifier's file says of itself, so that the file alone is enough to use it. */
import { z } from "zod";
import type { ClassificationTask } from "../../model/heads/classification-loss.ts";
import type { ClassifierConfig } from "../../model/heads/classifier.ts";
import {
  encoderSchema,
  type ModelFormat,
  type PictureDescription,
  pictureSchema,
} from "../finetune/model-description.ts";

/** Everything that using a classifier depends on beside its parameters. */
export interface ClassifierDescription extends PictureDescription {
  readonly config: ClassifierConfig;
  readonly task: ClassificationTask;
  /** In the order of the logits. */
  readonly classes: readonly string[];
  /** The shorter side of a picture before its middle is cut out, in pixels. */
  readonly shorterSide: number;
}

const size = z.int().positive();

const own = z
  .object({
    config: z.intersection(encoderSchema, z.object({ classes: size })),
    task: z.enum(["multi-label", "single-label"]),
    classes: z.array(z.string().min(1)).min(1),
    shorterSide: size,
  })
  .refine(({ config, classes }) => config.classes === classes.length, {
    path: ["classes"],
    message: "expected a name for each logit",
  });

/** How it is written and read. */
export const CLASSIFIER_FORMAT: ModelFormat<ClassifierDescription> = {
  format: "ecamp-classifier-1",
  key: "classifier",
  command: "ecamp finetune classify",
  schema: z.intersection(pictureSchema, own),
};
