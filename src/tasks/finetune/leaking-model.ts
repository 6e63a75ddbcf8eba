/** @file What is said of a model whose figures flatter. */

/** Of one that was trained or chosen on patients who also stand in another split. */
export const LEAKING_MODEL =
  "LEAK: the model was trained on splits that share patients or pictures, which was allowed: its figures flatter";
