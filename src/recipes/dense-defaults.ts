/** @file What the recipes of segmentation and detection start from alike. */
import type { DownstreamRunOptions, EncoderOptions } from "./downstream-config.ts";
import type { DenseTrainOptions } from "./segment-config.ts";

/** Nothing is chosen yet. */
export const DENSE_RUN: DownstreamRunOptions = {
  data: null,
  weights: null,
  allowLeak: false,
  device: "cpu",
  threads: 1,
};

/** The encoder as its weights have it. */
export const DENSE_ENCODER: EncoderOptions = {
  size: "base",
  imageSize: null,
  heads: null,
  normalization: "weights",
  mean: null,
  std: null,
};

/** A head on a frozen encoder, in minutes. */
export const DENSE_TRAIN: DenseTrainOptions = {
  batch: 8,
  accumulate: 1,
  steps: 400,
  lr: 5e-4,
  warmupSteps: 10,
  decay: "cosine",
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.05,
  layerDecay: 1,
  clip: 1,
  trainEncoder: false,
  seed: 42,
  validateEpochs: 1,
  validateUpdates: 20,
  patience: 20,
  checkpointMinutes: 15,
  onFullDisk: "stop",
};
