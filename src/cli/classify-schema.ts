/** @file What a classification configuration may hold: types and ranges. */
import { type ZodType, z } from "zod";
import type { ClassifyConfig } from "../recipes/classify-config.ts";
import { FIDELITY } from "../recipes/fidelity.ts";
import { SIZES, type SizeName } from "../recipes/sizes.ts";

const count = z.int().min(1);
const positive = z.number().positive();
const chance = z.number().min(0).lt(1);
const range = z
  .tuple([positive, positive])
  .refine(([low, high]) => low <= high, "expected the lower end first");
const path = z.string().min(1).nullable();

/** The values of a switch, from the table. */
const switchOf = (key: "probe.backbone" | "image.sixteenBit") =>
  z.enum(FIDELITY[key].values as readonly string[] as [string, ...string[]]);

/** A classification configuration. */
export const CLASSIFY_SCHEMA: ZodType<ClassifyConfig> = z.strictObject({
  run: z.strictObject({
    data: path,
    weights: path,
    allowLeak: z.boolean(),
    device: z.string().min(1),
    threads: count,
  }),
  model: z.strictObject({
    size: z.enum(Object.keys(SIZES) as [SizeName, ...SizeName[]]),
    imageSize: count.nullable(),
    heads: count.nullable(),
    dropPath: chance,
    normalization: z.enum(["weights", "dataset"]),
    mean: z.number().nullable(),
    std: positive.nullable(),
  }),
  train: z.strictObject({
    mode: z.enum(["finetune", "probe"]),
    batch: count,
    accumulate: count,
    steps: count,
    lr: z.number().min(0),
    warmupSteps: z.int().min(0),
    decay: z.enum(["cosine", "linear"]),
    optimizer: z.enum(["sgd", "adamw"]),
    momentum: chance,
    beta1: chance,
    beta2: chance,
    eps: positive,
    weightDecay: z.number().min(0),
    layerDecay: positive.max(1),
    clip: positive.nullable(),
    positiveWeight: z.enum(["none", "balanced"]),
    seed: z.int().min(0),
    validateEpochs: count,
    validateUpdates: count,
    patience: count.nullable(),
    checkpointMinutes: positive,
    onFullDisk: z.enum(["stop", "continue"]),
  }),
  data: z.strictObject({
    labels: positive.max(100),
    task: z.enum(["auto", "multi-label", "single-label"]),
    uncertain: z.enum(["ignore", "zeros", "ones"]),
    workers: z.int().min(0).max(64),
    prefetch: count,
    cropScale: range.refine(([, high]) => high <= 1, "expected at most 1"),
    cropRatio: range,
    flip: z.enum(["image", "none"]),
    cropPart: positive.max(1),
    onBadRecord: z.enum(["error", "skip"]),
  }),
  fidelity: z.strictObject({
    "probe.backbone": switchOf("probe.backbone"),
    "image.sixteenBit": switchOf("image.sixteenBit"),
  }),
}) as unknown as ZodType<ClassifyConfig>;
