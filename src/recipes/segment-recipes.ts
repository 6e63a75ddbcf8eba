/**
 * @file The recipes of segmentation by name: the paper's experiments (SPEC 6) as a table, and one for a laptop.
 *
 * Batches of the paper are made of micro-batches of up to 32, so that they fit any machine. Gradients of the micro-batches are
 * averaged; the Dice term and batch normalisation see a micro-batch where the paper's see the whole.
 */
import { DENSE_ENCODER, DENSE_RUN, DENSE_TRAIN } from "./dense-defaults.ts";
import type { SegmentConfig, SegmentRecipe } from "./segment-config.ts";

/** What every recipe starts from: a laptop's training of a decoder on a frozen encoder. */
export const SEGMENT_DEFAULTS: Omit<SegmentConfig, "fidelity"> = {
  run: DENSE_RUN,
  model: {
    ...DENSE_ENCODER,
    decoders: "shared",
    decoderWidths: [512, 256, 128, 64],
  },
  train: { ...DENSE_TRAIN, warmupSteps: 20, selectBy: "dice" },
  data: {
    labels: 100,
    classes: null,
    masksFrom: "masks",
    negatives: "all",
    probability: 0.5,
    scale: [0.9, 1.1],
    rotate: 10,
    flip: "none",
    workers: 1,
    prefetch: 2,
    onBadRecord: "error",
  },
};

/** Records of an update, highest rate, updates, updates of warm-up. */
type Run = readonly [batch: number, lr: number, steps: number, warmupSteps: number];

/** SPEC 6: for each experiment its runs at 1, 10 and 100 % of labels. */
const EXPERIMENTS: Readonly<
  Record<string, { readonly own: Partial<SegmentRecipe>; readonly runs: readonly [Run, Run, Run] }>
> = {
  siim: {
    own: { data: { negatives: "balanced" } },
    runs: [
      [512, 5e-4, 3_000, 50],
      [1_024, 5e-4, 3_000, 150],
      [512, 5e-4, 3_000, 50],
    ],
  },
  rsna: {
    // Of the three sets this one's masks move with the picture, and are resized to whole values, by OpenCV's nearest.
    own: {
      switches: { "segmentation.geometry": "together", "segmentation.maskResize": "corner" },
      data: { masksFrom: "boxes" },
    },
    runs: [
      [96, 3e-4, 3_000, 50],
      [256, 5e-4, 1_000, 50],
      [512, 3e-3, 1_000, 100],
    ],
  },
  riga: {
    own: {
      switches: { "segmentation.maskResize": "disc-and-cup" },
      model: { decoders: "separate" },
      data: { probability: 0, classes: ["disc", "cup"] },
    },
    runs: [
      [5, 5e-4, 500, 15],
      [56, 5e-4, 500, 15],
      [128, 5e-4, 1_000, 20],
    ],
  },
};

const FRACTIONS = [1, 10, 100] as const;
const MICRO_BATCH = 32;

/** The largest micro-batch that makes the batch of equal parts. */
function microBatchOf(batch: number): number {
  let micro = Math.min(batch, MICRO_BATCH);
  while (batch % micro !== 0) micro--;
  return micro;
}

function experimentRecipe(
  experiment: string,
  labels: number,
  [batch, lr, steps, warmupSteps]: Run,
): SegmentRecipe {
  const { data, model, ...own } = EXPERIMENTS[experiment]?.own ?? {};
  const micro = microBatchOf(batch);
  return {
    about: `the paper's segmentation on ${experiment} with ${labels} % of labels: ${batch} records an update`,
    fidelity: "published",
    ...own,
    model: { mean: 0.4722, std: 0.3028, ...model },
    train: {
      ...{ batch: micro, accumulate: batch / micro, lr, steps, warmupSteps },
      ...{ selectBy: "loss", patience: 40, validateUpdates: 1 },
    },
    data: { labels, ...data },
  };
}

/** Every recipe, the one for a laptop first. */
export const SEGMENT_RECIPES: Readonly<Record<string, SegmentRecipe>> = {
  segment: {
    about: "a decoder on a frozen encoder, from a few hundred pictures on a laptop",
    fidelity: "corrected",
  },
  ...Object.fromEntries(
    Object.entries(EXPERIMENTS).flatMap(([experiment, { runs }]) =>
      runs.map((run, i) => {
        const labels = FRACTIONS[i] ?? 100;
        return [`${experiment}-${labels}`, experimentRecipe(experiment, labels, run)];
      }),
    ),
  ),
};
