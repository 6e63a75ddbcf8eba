/** @file What every recipe starts from: the published sizes, optimiser, schedule and augmentation, on this machine's CPU. */
import type { FidelityName } from "./fidelity.ts";
import type { PretrainConfig } from "./pretrain-config.ts";
import { SIZES } from "./sizes.ts";

/** A complete configuration but for the fidelity's switches, which come from a column of their own table. */
export const DEFAULTS: Omit<PretrainConfig, "fidelity"> = {
  run: { data: null, tokenizer: null, init: null, device: "cpu", threads: 1 },
  model: SIZES.base,
  train: {
    batch: 8,
    accumulate: 32,
    epochs: 120,
    lr: 1.5e-4, // MAE's rule for 256 pairs an update; the published run kept it at 8,192
    minLr: 0,
    warmupEpochs: 40,
    cosineEpochs: 200, // stopping at 120 cuts the cosine where the rate is still a third of its peak
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.05,
    clip: null,
    maskRatio: 0.75,
    seed: 42,
    checkpointMinutes: 30,
    onFullDisk: "stop",
    validateEpochs: 1,
  },
  loss: { mim: 1, res: 1, mlm: 1, normalizedPatches: false },
  data: {
    workers: 1,
    prefetch: 2,
    cropScale: [0.2, 1],
    cropRatio: [3 / 4, 4 / 3],
    mean: 0.4721,
    std: 0.3037,
    insertProbability: 0.8,
    lexicon: "chest",
    onBadRecord: "error",
  },
};

/** The column that is taken when neither the recipe nor the command line names one. */
export const DEFAULT_FIDELITY: FidelityName = "corrected";
