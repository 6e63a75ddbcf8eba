/** @file The affine map of the last axis. */
import { reshape } from "../engine/ops/layout.ts";
import { gemm } from "../engine/ops/matmul.ts";
import type { Tensor } from "../engine/tensor.ts";
import { sizeOf } from "../util/nd-array.ts";
import { constant, xavierUniform } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/**
 * x·Wᵀ + b over the last axis: x [..., in] → [..., width]; `weight` [width, in], `bias` [width].
 * Starts Xavier uniform with bias 0.
 */
export function linear(s: Scope, x: Tensor, width: number): Tensor {
  return s.build(() => {
    const inputs = x.shape.at(-1) ?? 0;
    const weight = s.param("weight", [width, inputs], xavierUniform(inputs, width));
    const bias = s.param("bias", [width], constant(0));
    return affine(x, weight, bias);
  });
}

/** x·Wᵀ + b with given tensors, as one product over all rows. */
export function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const lead = x.shape.slice(0, -1);
  const rows = reshape(x, [sizeOf(lead), x.shape.at(-1) ?? 0]);
  return reshape(gemm(rows, weight, bias), [...lead, weight.shape[0] ?? 0]);
}
