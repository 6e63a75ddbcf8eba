/**
 * @file The smallest ECAMP that visibly learns: synthetic radiographs, a CPU, a few minutes.
 *
 * Command:  npm run demo
 * Hardware: two CPU cores.
 */
import type { Recipe } from "./pretrain-config.ts";
import { SIZES } from "./sizes.ts";

/** The smallest ECAMP that visibly learns. */
export const demo: Recipe = {
  about: "the smallest ECAMP that visibly learns: synthetic radiographs, minutes on a CPU",
  fidelity: "published",
  model: SIZES.demo,
  train: {
    batch: 8,
    accumulate: 1,
    lr: 1e-3,
    warmupEpochs: 1,
    epochs: 10,
    cosineEpochs: 10,
    checkpointMinutes: 5,
  },
};
