/** @file AdamW (Loshchilov and Hutter 2019), as PyTorch computes it (SPEC 3.6). */
import { add, div, mul, sqrt, sub } from "../../engine/ops/elementwise.ts";
import { scalar } from "../../engine/tensor.ts";
import type { Optimizer } from "./optimizer.ts";

/** AdamW's constants. */
export interface AdamwOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/** x ← x(1 − lr·wd); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; x ← x − lr/(1 − β₁ᵏ) · m / (√(v/(1 − β₂ᵏ)) + ε) */
export function adamw({ beta1, beta2, eps }: AdamwOptions): Optimizer {
  return {
    name: "adamw",
    slots: ["exp_avg", "exp_avg_sq"],
    scalars: ({ step, lr, group }) => ({
      shrink: 1 - lr * group.weightDecay,
      stepSize: lr / (1 - beta1 ** step),
      rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    }),
    update: ({ parameter, gradient: g, slot, scalar: current }) => {
      const m = add(mul(slot("exp_avg"), scalar(beta1)), mul(g, scalar(1 - beta1)));
      const v = add(mul(slot("exp_avg_sq"), scalar(beta2)), mul(mul(g, g), scalar(1 - beta2)));
      const root = add(mul(sqrt(v), current("rootCorrection")), scalar(eps));
      const shrunk = mul(parameter, current("shrink"));
      return {
        parameter: sub(shrunk, div(mul(m, current("stepSize")), root)),
        slots: { exp_avg: m, exp_avg_sq: v },
      };
    },
  };
}
