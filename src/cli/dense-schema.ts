/** @file What the configurations of segmentation and detection may hold: types and ranges. */
import { type ZodType, z } from "zod";
import type { DetectConfig } from "../recipes/detect-config.ts";
import type {
  AugmentOptions,
  DenseTrainOptions,
  SegmentConfig,
} from "../recipes/segment-config.ts";
import {
  DATA_FIELDS,
  ENCODER_FIELDS,
  type Fields,
  RUN_FIELDS,
  range,
  switchOf,
  TRAIN_FIELDS,
} from "./downstream-schema.ts";

const share = z.number().min(0).max(1);

const DENSE_TRAIN: Fields<DenseTrainOptions> = { ...TRAIN_FIELDS, trainEncoder: z.boolean() };

const AUGMENT: Fields<AugmentOptions> = {
  probability: share,
  scale: range,
  rotate: z.number().min(0).max(180),
  flip: z.enum(["image", "none"]),
};

const classes = z
  .array(z.string().min(1))
  .min(1)
  .refine((names) => new Set(names).size === names.length, "expected each class once")
  .nullable();

/** Of a scale: the neck has quarters of them. */
const channels = z.int().positive().multipleOf(4);

/** A segmentation configuration. */
export const SEGMENT_SCHEMA: ZodType<SegmentConfig> = z.strictObject({
  run: z.strictObject(RUN_FIELDS),
  model: z.strictObject({
    ...ENCODER_FIELDS,
    decoders: z.enum(["shared", "separate"]),
    decoderWidths: z.array(z.int().positive()).min(1),
  }),
  train: z.strictObject({ ...DENSE_TRAIN, selectBy: z.enum(["dice", "dicePositives", "loss"]) }),
  data: z.strictObject({
    ...{ ...DATA_FIELDS, ...AUGMENT, classes },
    masksFrom: z.enum(["masks", "boxes"]),
    negatives: z.enum(["all", "balanced"]),
  }),
  fidelity: z.strictObject({
    "segmentation.geometry": switchOf("segmentation.geometry"),
    "segmentation.maskResize": switchOf("segmentation.maskResize"),
    "image.sixteenBit": switchOf("image.sixteenBit"),
  }),
}) as unknown as ZodType<SegmentConfig>;

/** A detection configuration. */
export const DETECT_SCHEMA: ZodType<DetectConfig> = z.strictObject({
  run: z.strictObject(RUN_FIELDS),
  model: z.strictObject({
    ...ENCODER_FIELDS,
    expansion: z.literal([4, 8]),
    channels: z.tuple([channels, channels, channels]),
    anchors: z.enum(["yolo", "fit"]),
    objectness: share,
    maxOverlap: share,
  }),
  train: z.strictObject({
    ...{ ...DENSE_TRAIN, selectBy: z.enum(["map", "loss"]) },
    validateFrom: z.int().min(0),
  }),
  data: z.strictObject({
    ...DATA_FIELDS,
    ...AUGMENT,
    classes,
    maxBoxes: z.int().min(1).max(1_000),
  }),
  fidelity: z.strictObject({ "image.sixteenBit": switchOf("image.sixteenBit") }),
}) as unknown as ZodType<DetectConfig>;
