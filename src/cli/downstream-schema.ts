/** @file What the configurations of all downstream tasks may hold: types and ranges. */
import { z } from "zod";
import type {
  DownstreamDataOptions,
  DownstreamRunOptions,
  DownstreamTrainOptions,
  EncoderOptions,
} from "../recipes/downstream-config.ts";
import { FIDELITY } from "../recipes/fidelity.ts";
import { SIZES, type SizeName } from "../recipes/sizes.ts";

/** A schema for each key. */
export type Fields<T> = { readonly [K in keyof T]: z.ZodType<T[K]> };

/** A whole number from 1. */
export const count: z.ZodType<number> = z.int().min(1);
/** A number above 0. */
export const positive: z.ZodType<number> = z.number().positive();
/** A number from 0, below 1. */
export const chance: z.ZodType<number> = z.number().min(0).lt(1);
/** Two numbers above 0, the lower one first. */
export const range: z.ZodType<readonly [number, number]> = z
  .tuple([positive, positive])
  .refine(([low, high]) => low <= high, "expected the lower end first");
const path = z.string().min(1).nullable();

/** The values of a switch, from the table. */
export const switchOf = (key: keyof typeof FIDELITY): z.ZodType<string> =>
  z.enum(FIDELITY[key].values as readonly string[] as [string, ...string[]]);

/** Where a run takes its inputs from. */
export const RUN_FIELDS: Fields<DownstreamRunOptions> = {
  data: path,
  weights: path,
  allowLeak: z.boolean(),
  device: z.string().min(1),
  threads: count,
};

/** The encoder. */
export const ENCODER_FIELDS: Fields<EncoderOptions> = {
  size: z.enum(Object.keys(SIZES) as [SizeName, ...SizeName[]]),
  imageSize: count.nullable(),
  heads: count.nullable(),
  normalization: z.enum(["weights", "dataset"]),
  mean: z.number().nullable(),
  std: positive.nullable(),
};

/** The course of a run. */
export const TRAIN_FIELDS: Fields<DownstreamTrainOptions> = {
  batch: count,
  accumulate: count,
  steps: count,
  lr: z.number().min(0),
  warmupSteps: z.int().min(0),
  decay: z.enum(["cosine", "linear"]),
  beta1: chance,
  beta2: chance,
  eps: positive,
  weightDecay: z.number().min(0),
  layerDecay: z.number().positive().max(1),
  clip: positive.nullable(),
  seed: z.int().min(0),
  validateEpochs: count,
  validateUpdates: count,
  patience: count.nullable(),
  checkpointMinutes: positive,
  onFullDisk: z.enum(["stop", "continue"]),
};

/** How records are read. */
export const DATA_FIELDS: Fields<DownstreamDataOptions> = {
  labels: z.number().positive().max(100),
  workers: z.int().min(0).max(64),
  prefetch: count,
  onBadRecord: z.enum(["error", "skip"]),
};
