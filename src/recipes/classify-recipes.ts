/**
 * @file The recipes of classification by name: the paper's experiments (SPEC 6) as a table, and two for a laptop.
 *
 * Batches of the paper are made of micro-batches of 32, so that they fit any machine: the mean over equal parts is the mean of
 * the whole. An experiment's name is its dataset, `probe` for the linear probe, and the percentage of labels.
 */
import type { ClassifyConfig, ClassifyRecipe } from "./classify-config.ts";

/** What every recipe starts from: a laptop's fine-tuning of a few thousand pictures. */
export const CLASSIFY_DEFAULTS: Omit<ClassifyConfig, "fidelity"> = {
  run: { data: null, weights: null, allowLeak: false, device: "cpu", threads: 1 },
  model: {
    size: "base",
    imageSize: null,
    heads: null,
    dropPath: 0.1,
    normalization: "weights",
    mean: null,
    std: null,
  },
  train: {
    mode: "finetune",
    batch: 16,
    accumulate: 1,
    steps: 300,
    lr: 5e-4,
    warmupSteps: 30,
    decay: "cosine",
    optimizer: "adamw",
    momentum: 0.9,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weightDecay: 0.05,
    layerDecay: 0.75,
    clip: 1,
    positiveWeight: "none",
    seed: 42,
    validateEpochs: 1,
    validateUpdates: 10,
    patience: 20,
    checkpointMinutes: 15,
    onFullDisk: "stop",
  },
  data: {
    labels: 100,
    task: "auto",
    uncertain: "ignore",
    workers: 1,
    prefetch: 2,
    cropScale: [0.5, 1],
    cropRatio: [3 / 4, 4 / 3],
    flip: "image",
    cropPart: 1,
    onBadRecord: "error",
  },
};

/** Records of an update, highest rate, updates, updates of warm-up. */
type Run = readonly [batch: number, lr: number, steps: number, warmupSteps: number];

/** SPEC 6: for each experiment its runs at 1, 10 and 100 % of labels. */
const EXPERIMENTS: Readonly<Record<string, readonly [Run, Run, Run]>> = {
  chestxray14: [
    [96, 3e-2, 3_000, 50],
    [768, 2.4e-2, 3_000, 50],
    [768, 1e-2, 30_000, 500],
  ],
  chexpert: [
    [768, 3e-3, 30_000, 50],
    [768, 5e-3, 90_000, 1_500],
    [768, 4e-3, 90_000, 1_500],
  ],
  rsna: [
    [256, 3e-3, 2_000, 50],
    [768, 3e-3, 9_000, 50],
    [768, 3e-3, 90_000, 150],
  ],
  covidx: [
    [256, 3e-2, 30_000, 50],
    [768, 1e-2, 30_000, 50],
    [768, 1e-2, 30_000, 50],
  ],
  "chestxray14-probe": [
    [96, 3e-2, 3_000, 50],
    [768, 2.4e-2, 30_000, 50],
    [768, 1e-2, 30_000, 500],
  ],
  "chexpert-probe": [
    [768, 3e-3, 9_000, 150],
    [1_024, 3e-2, 9_000, 1_500],
    [4_096, 3e-2, 22_500, 3_750],
  ],
  "rsna-probe": [
    [96, 1e-2, 1_000, 50],
    [768, 1e-2, 5_000, 50],
    [4_096, 1e-2, 9_000, 150],
  ],
  "covidx-probe": [
    [128, 3e-2, 500, 30],
    [128, 3e-2, 5_000, 350],
    [256, 3e-2, 9_000, 1_750],
  ],
};

const FRACTIONS = [1, 10, 100] as const;
const MICRO_BATCH = 32;

function experimentRecipe(
  experiment: string,
  labels: number,
  [batch, lr, steps, warmupSteps]: Run,
): ClassifyRecipe {
  const mode = experiment.endsWith("-probe") ? "probe" : "finetune";
  const task = mode === "probe" ? "linear probe" : "fine-tuning";
  return {
    about: `the paper's ${task} on ${experiment.replace("-probe", "")} with ${labels} % of labels: ${batch} records an update`,
    fidelity: "published",
    model: { mean: 0.4722, std: 0.3028 },
    train: {
      ...{ mode, lr, steps, warmupSteps, optimizer: "sgd", weightDecay: 0, layerDecay: 1 },
      validateUpdates: 1,
      ...{ batch: MICRO_BATCH, accumulate: batch / MICRO_BATCH },
    },
    data: { labels, cropScale: [0.08, 1] },
  };
}

const LAPTOP: Readonly<Record<"finetune" | "probe", ClassifyRecipe>> = {
  finetune: {
    about: "fine-tuning of a few thousand pictures on a laptop: AdamW, layer-wise decay",
    fidelity: "corrected",
  },
  probe: {
    about: "a linear probe on features that are computed once: seconds after the first pass",
    fidelity: "corrected",
    train: {
      ...{ mode: "probe", batch: 32, steps: 1_000, lr: 1e-2, warmupSteps: 50 },
      ...{ weightDecay: 0.01, layerDecay: 1, patience: null, validateEpochs: 5 },
    },
  },
};

/** Every recipe, those for a laptop first. */
export const CLASSIFY_RECIPES: Readonly<Record<string, ClassifyRecipe>> = {
  ...LAPTOP,
  ...Object.fromEntries(
    Object.entries(EXPERIMENTS).flatMap(([experiment, runs]) =>
      runs.map((run, i) => {
        const labels = FRACTIONS[i] ?? 100;
        return [`${experiment}-${labels}`, experimentRecipe(experiment, labels, run)];
      }),
    ),
  ),
};
