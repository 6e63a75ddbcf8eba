/** @file What a classification configuration may hold: types and ranges. */
import { type ZodType, z } from "zod";
import type { ClassifyConfig } from "../recipes/classify-config.ts";
import {
  chance,
  DATA_FIELDS,
  ENCODER_FIELDS,
  RUN_FIELDS,
  range,
  switchOf,
  TRAIN_FIELDS,
} from "./downstream-schema.ts";

/** A classification configuration. */
export const CLASSIFY_SCHEMA: ZodType<ClassifyConfig> = z.strictObject({
  run: z.strictObject(RUN_FIELDS),
  model: z.strictObject({ ...ENCODER_FIELDS, dropPath: chance }),
  train: z.strictObject({
    ...TRAIN_FIELDS,
    mode: z.enum(["finetune", "probe"]),
    optimizer: z.enum(["sgd", "adamw"]),
    momentum: chance,
    positiveWeight: z.enum(["none", "balanced"]),
  }),
  data: z.strictObject({
    ...DATA_FIELDS,
    task: z.enum(["auto", "multi-label", "single-label"]),
    uncertain: z.enum(["ignore", "zeros", "ones"]),
    cropScale: range.refine(([, high]) => high <= 1, "expected at most 1"),
    cropRatio: range,
    flip: z.enum(["image", "none"]),
    cropPart: z.number().positive().max(1),
  }),
  fidelity: z.strictObject({
    "probe.backbone": switchOf("probe.backbone"),
    "image.sixteenBit": switchOf("image.sixteenBit"),
  }),
}) as unknown as ZodType<ClassifyConfig>;
