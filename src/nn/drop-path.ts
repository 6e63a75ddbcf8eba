/** @file Stochastic depth (Huang et al. 2016): a residual branch is left out for whole samples, with a mask from outside. */
import { div, where } from "../engine/ops/elementwise.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import type { Scope } from "./scope.ts";

/** Leaves a branch x [B, …] out of a sample with probability `rate` and divides the others by 1 − rate; x itself at rate 0. */
export function dropPath(s: Scope, x: Tensor, rate: number): Tensor {
  if (rate === 0) return x;
  const [batch = 0] = x.shape;
  const keep = Math.fround(1 - rate);
  const mask = s.randomMask("drop-path", [batch, ...x.shape.slice(1).map(() => 1)], keep);
  return where(mask, div(x, scalar(keep)), scalar(0));
}

/** The rates of `depth` blocks: from 0 in the first, linearly, to `last` in the last one. */
export function dropPathRates(depth: number, last: number): readonly number[] {
  return Array.from({ length: depth }, (_, i) => (depth === 1 ? 0 : (last * i) / (depth - 1)));
}
