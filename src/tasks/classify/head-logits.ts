/** @file The linear head on features that were computed before, in double precision: a product too small for a graph. */
import type { NamedArrays } from "../../engine/runtime/program.ts";

/** Features [N, D] → logits [N, C] by `head.weight` [C, D] and `head.bias` [C]. */
export function headLogits(
  features: Float32Array,
  parameters: NamedArrays,
  { dim, classes }: { readonly dim: number; readonly classes: number },
): Float32Array {
  const weight = parameters.get("head.weight")?.data ?? [];
  const bias = parameters.get("head.bias")?.data ?? [];
  const logits = new Float32Array((features.length / dim) * classes);
  for (let row = 0; row * dim < features.length; row++) {
    for (let k = 0; k < classes; k++) {
      let sum = Number(bias[k]);
      for (let d = 0; d < dim; d++) {
        sum += (features[row * dim + d] ?? 0) * Number(weight[k * dim + d]);
      }
      logits[row * classes + k] = sum;
    }
  }
  return logits;
}
