/** @file Layer normalisation. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, sameShape } from "../../util/nd-array.ts";
import { applyAll, defineOp, type Op, type Tensor } from "../tensor.ts";
import { mul, sub } from "./elementwise.ts";
import { reduceMean } from "./reduce.ts";

type NormInputs = readonly [Tensor, Tensor, Tensor];
type NormOutputs = readonly [Tensor, Tensor, Tensor];
type NormAttrs = { readonly axis: number; readonly epsilon: number };

/**
 * y = x̂·γ + β over the last axis, x̂ = (x − mean)·s, s = 1/√(variance + ε); also returns mean and s.
 * dx = s·(gγ − mean(gγ) − x̂·mean(gγ·x̂)), dγ = Σ g·x̂, dβ = Σ g. Nothing is differentiated through mean and s.
 */
const LayerNormalization: Op<NormInputs, NormAttrs, NormOutputs> = defineOp<
  NormInputs,
  NormAttrs,
  NormOutputs
>({
  type: "LayerNormalization",
  attributes: { axis: "int", epsilon: "float" },
  infer: ([x, scale, bias]) => {
    const fits = (each: Tensor): boolean =>
      sameShape(each.shape, x.shape.slice(-1)) && each.dtype === x.dtype;
    if (x.shape.length === 0 || !fits(scale) || !fits(bias)) {
      throw new ShapeError(
        `Cannot normalise ${describeShape(x)} with scale ${describeShape(scale)} and bias ${describeShape(bias)}`,
      );
    }
    const statistics = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
    return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics];
  },
  vjp: ([g, gMean, gInvStd], [, mean, invStd], [x, scale]) => {
    if (gMean !== null || gInvStd !== null) {
      throw new TypeError(
        "Cannot differentiate through the mean and the inverse deviation of LayerNormalization: they have no gradient",
      );
    }
    if (g === null) return [null, null, null];
    const last = { axes: [-1], keepDims: true };
    const normal = mul(sub(x, mean), invStd); // x̂
    const scaled = mul(g, scale); // gγ
    const along = mul(normal, reduceMean(mul(scaled, normal), last));
    const dx = mul(sub(sub(scaled, reduceMean(scaled, last)), along), invStd);
    return [dx, mul(g, normal), g]; // the walk sums dγ and dβ over the leading axes
  },
});

/** Layer normalisation over the last axis. */
export const layerNormalization = (
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  { epsilon }: { readonly epsilon: number },
): Tensor => applyAll(LayerNormalization, [x, scale, bias], { axis: -1, epsilon })[0];
