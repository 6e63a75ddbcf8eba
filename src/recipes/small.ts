/**
 * @file ViT-S/16: a quarter of the paper's parameters per layer, for a workstation.
 *
 * Command:  ecamp pretrain --recipe small --data DIR --tokenizer FILE --out runs/small
 * Hardware: a workstation.
 * Time and result: not measured on a corpus yet.
 */
import type { Recipe } from "./pretrain-config.ts";
import { SIZES } from "./sizes.ts";

/** ViT-S/16 for a workstation. */
export const small: Recipe = {
  about: "ViT-S/16 for a workstation: 256 pairs an update",
  fidelity: "corrected",
  model: SIZES.small,
  train: { batch: 16, accumulate: 16, lr: 3e-4, warmupEpochs: 10, epochs: 100, cosineEpochs: 100 },
};
