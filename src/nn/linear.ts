/** @file The affine map of the last axis. */
import { reshape } from "../engine/ops/layout.ts";
import { gemm } from "../engine/ops/matmul.ts";
import type { Tensor } from "../engine/tensor.ts";
import { sizeOf } from "../util/nd-array.ts";
import { constant, type Initializer, xavierUniform } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/**
 * x·Wᵀ + b over the last axis: x [..., in] → [..., width]; `weight` [width, in], `bias` [width].
 * Starts Xavier uniform, or as it is told, with bias 0.
 */
export function linear(
  s: Scope,
  x: Tensor,
  width: number,
  { initializer }: { readonly initializer?: Initializer } = {},
): Tensor {
  return s.build(() => {
    const inputs = x.shape.at(-1) ?? 0;
    const rule = initializer ?? xavierUniform(inputs, width);
    const weight = s.param("weight", [width, inputs], rule);
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
