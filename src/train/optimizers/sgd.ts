/** @file Stochastic gradient descent with momentum, as PyTorch computes it (SPEC 4.1). */
import { add, mul, sub } from "../../engine/ops/elementwise.ts";
import { scalar } from "../../engine/tensor.ts";
import type { Optimizer } from "./optimizer.ts";

/** g ← g + wd·x; b ← g at the first step, then μb + g; x ← x − lr·b */
export function sgd({ momentum }: { readonly momentum: number }): Optimizer {
  return {
    name: "sgd",
    slots: ["momentum_buffer"],
    scalars: ({ lr, group }) => ({ lr, weightDecay: group.weightDecay }),
    update: ({ parameter, gradient, slot, scalar: current }) => {
      const decayed = add(gradient, mul(parameter, current("weightDecay")));
      // The buffer starts at 0, so that the first step leaves it equal to the gradient, as PyTorch does.
      const buffer = add(mul(slot("momentum_buffer"), scalar(momentum)), decayed);
      return {
        parameter: sub(parameter, mul(buffer, current("lr"))),
        slots: { momentum_buffer: buffer },
      };
    },
  };
}
