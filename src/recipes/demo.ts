/**
 * @file The smallest ECAMP that visibly learns: synthetic radiographs, a CPU, a few minutes.
 *
 * Command:  npm run demo
 * Hardware: two CPU cores, 1 GB of memory.
 * Time:     about half a second a step, 288 steps, on two cores of an AMD EPYC (Zen 4) with nothing else to do.
 * Result:   see docs/results.md.
 */
import type { Recipe } from "./pretrain-config.ts";
import { SIZES } from "./sizes.ts";

/** The smallest ECAMP that visibly learns. */
export const demo: Recipe = {
  about: "the smallest ECAMP that visibly learns: synthetic radiographs, minutes on a CPU",
  fidelity: "corrected",
  model: SIZES.demo,
  train: {
    batch: 8,
    accumulate: 1,
    lr: 1.5e-3,
    warmupEpochs: 2,
    epochs: 12,
    cosineEpochs: 12,
    checkpointMinutes: 5,
  },
  // Nearly whole films: a few hundred of them teach where things are, not yet what they look like from near.
  data: { cropScale: [0.8, 1], cropRatio: [0.95, 1.05] },
};
