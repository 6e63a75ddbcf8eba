/** @file Layer normalisation with its two parameters. */
import { layerNormalization } from "../engine/ops/normalize.ts";
import type { Tensor } from "../engine/tensor.ts";
import { constant } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/** Normalises the last axis; `weight` starts at 1, `bias` at 0. */
export function layerNorm(s: Scope, x: Tensor, { epsilon }: { readonly epsilon: number }): Tensor {
  return s.build(() => {
    const width = x.shape.at(-1) ?? 0;
    const weight = s.param("weight", [width], constant(1));
    const bias = s.param("bias", [width], constant(0));
    return layerNormalization(x, weight, bias, { epsilon });
  });
}
