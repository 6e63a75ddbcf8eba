/**
 * @file ViT-Ti/16: for a laptop and a few thousand pairs.
 *
 * Command:  ecamp pretrain --recipe tiny --data DIR --tokenizer FILE --out runs/tiny
 * Hardware: a laptop, CPU only.
 * Time and result: not measured on a corpus yet.
 */
import type { Recipe } from "./pretrain-config.ts";
import { SIZES } from "./sizes.ts";

/** ViT-Ti/16 for a laptop. */
export const tiny: Recipe = {
  about: "ViT-Ti/16 for a laptop and a few thousand pairs: 64 pairs an update",
  fidelity: "corrected",
  model: SIZES.tiny,
  train: { batch: 16, accumulate: 4, lr: 5e-4, warmupEpochs: 5, epochs: 50, cosineEpochs: 50 },
};
