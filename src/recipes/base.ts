/**
 * @file The paper's model for one machine: 256 pairs an update, in micro-batches of 8.
 *
 * Command:  ecamp pretrain --recipe base --data DIR --tokenizer FILE --init mae.safetensors --out runs/base
 * Hardware: 8 GB of memory for training; a machine with many cores, or one GPU.
 * Time and result: not measured on a corpus yet.
 */
import type { Recipe } from "./pretrain-config.ts";

/** The paper's model for one machine. */
export const base: Recipe = {
  about: "the paper's model (ViT-B/16) for one machine: 256 pairs an update",
  fidelity: "corrected",
  train: { batch: 8, accumulate: 32 },
};
