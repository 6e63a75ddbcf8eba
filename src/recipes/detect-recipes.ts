/**
 * @file The recipes of detection by name: the paper's experiment (SPEC 6), and one for a laptop.
 *
 * Batches of the paper are made of micro-batches of 32, so that they fit any machine. Every term of the loss is a mean over the
 * batch, so that the mean over the parts is that of the whole; batch normalisation sees a micro-batch.
 */
import { DENSE_ENCODER, DENSE_RUN, DENSE_TRAIN } from "./dense-defaults.ts";
import type { DetectConfig, DetectRecipe } from "./detect-config.ts";

/** What every recipe starts from: a laptop's training of a detector on a frozen encoder. */
export const DETECT_DEFAULTS: Omit<DetectConfig, "fidelity"> = {
  run: DENSE_RUN,
  model: {
    ...DENSE_ENCODER,
    expansion: 8,
    channels: [2048, 1024, 512],
    anchors: "yolo",
    objectness: 0.01,
    maxOverlap: 0.5,
  },
  train: { ...DENSE_TRAIN, selectBy: "map", validateFrom: 0 },
  data: {
    labels: 100,
    classes: null,
    maxBoxes: 10,
    probability: 0.5,
    scale: [0.9, 1.1],
    rotate: 0,
    flip: "none",
    workers: 1,
    prefetch: 2,
    onBadRecord: "error",
  },
};

/** Records of an update, updates, updates of warm-up, the first epoch that is validated, expansion. */
type Run = readonly [
  batch: number,
  steps: number,
  warmupSteps: number,
  validateFrom: number,
  expansion: 4 | 8,
];

/** SPEC 6: at 1, 10 and 100 % of labels. */
const RSNA: Readonly<Record<number, Run>> = {
  1: [96, 3_000, 5, 60, 8],
  10: [256, 3_000, 5, 100, 8],
  100: [1_024, 20_000, 30, 50, 4],
};

const MICRO_BATCH = 32;

/** Every recipe, the one for a laptop first. */
export const DETECT_RECIPES: Readonly<Record<string, DetectRecipe>> = {
  detect: {
    about: "a detector on a frozen encoder, from a few hundred pictures on a laptop",
    fidelity: "corrected",
  },
  ...Object.fromEntries(
    Object.entries(RSNA).map(
      ([labels, [batch, steps, warmupSteps, validateFrom, expansion]]): [string, DetectRecipe] => [
        `rsna-${labels}`,
        {
          about: `the paper's detection on RSNA with ${labels} % of labels: ${batch} records an update`,
          fidelity: "published",
          model: { mean: 0.4722, std: 0.3028, expansion, objectness: 0.5 },
          train: {
            ...{ batch: MICRO_BATCH, accumulate: batch / MICRO_BATCH, steps, warmupSteps },
            ...{ validateFrom, validateUpdates: 1 },
          },
          data: { labels: Number(labels), probability: 0 },
        },
      ],
    ),
  ),
};
