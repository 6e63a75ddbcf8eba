/**
 * @file The paper's run: ViT-B/16, 8,192 pairs an update, 120 of 200 epochs.
 *
 * Command:  ecamp pretrain --recipe published --data DIR --tokenizer FILE --init mae.safetensors --out runs/published
 * Hardware: the authors used four GPUs with 256 pairs each; here one device takes micro-batches and accumulates.
 * Time and result: not measured here; the data (MIMIC-CXR with its distilled contexts) is not public.
 */
import type { Recipe } from "./pretrain-config.ts";

/** The paper's run. */
export const published: Recipe = {
  about: "the paper's run: ViT-B/16, 8,192 pairs an update, 120 epochs",
  fidelity: "published",
  train: { batch: 256, accumulate: 32 },
};
