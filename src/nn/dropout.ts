/** @file Dropout with a mask from outside: nothing random lives in a graph. */
import { mul, where } from "../engine/ops/elementwise.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import type { Scope } from "./scope.ts";

/** Zeroes elements with probability `rate` and scales the others by 1/(1 − rate); the tensor itself at rate 0. */
export function dropout(s: Scope, x: Tensor, rate: number): Tensor {
  if (rate === 0) return x;
  const mask = s.randomMask("dropout", x.shape, 1 - rate);
  return where(mask, mul(x, scalar(1 / (1 - rate))), scalar(0));
}
