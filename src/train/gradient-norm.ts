/** @file The global gradient norm and the factor that clips it. */
import type { ParameterStore } from "./parameter-store.ts";

/** √Σ g² over every gradient of a store, summed in double precision. */
export function gradientNorm(store: ParameterStore): number {
  let sum = 0;
  for (const { gradients } of store.groups) {
    for (let i = 0; i < gradients.length; i++) {
      const g = gradients[i] ?? 0;
      sum += g * g;
    }
  }
  return Math.sqrt(sum);
}

/** min(1, largest / (norm + 1e-6)), as PyTorch clips; 1 when there is no limit. */
export function clippingFactor(norm: number, largest: number | null): number {
  return largest === null ? 1 : Math.min(1, largest / (norm + 1e-6));
}
