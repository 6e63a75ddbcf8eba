/** @file The neck of YOLOv3 (Redmon and Farhadi 2018; SPEC 4.3): from three scales of features to raw maps, the coarsest first. */
import { leakyRelu } from "../../engine/ops/elementwise.ts";
import { concat } from "../../engine/ops/layout.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { convBatchNorm } from "../../nn/batch-norm.ts";
import { conv } from "../../nn/conv.ts";
import { upsample2 } from "../../nn/resize.ts";
import type { Scope } from "../../nn/scope.ts";

/** How a neck runs. */
export interface NeckOptions {
  /** Channels of each scale's map, the coarsest first. */
  readonly outputs: readonly number[];
  /** Are batches normalised by themselves? */
  readonly training: boolean;
}

/** Below 0, activations go on at this slope. */
const SLOPE = 0.1;
/** Kernels of a scale's convolutions; what comes out of the fifth goes to the next scale too. */
const KERNELS = [1, 3, 1, 3, 1, 3] as const;
const ROUTED = 4;

/**
 * Features [B, C, g, g] of each scale, the coarsest first and each of twice the cells of the one before → maps [B, outputs, g, g]. A
 * scale works in C / 4 and C / 2 channels.
 */
export function yoloNeck(
  s: Scope,
  features: readonly Tensor[],
  { outputs, training }: NeckOptions,
): readonly Tensor[] {
  let routed: Tensor | undefined;
  return features.map((feature, k) => {
    const channels = feature.shape[1] ?? 0;
    const widths = { narrow: channels / 4, wide: channels / 2, training };
    const x =
      routed === undefined
        ? feature
        : concat([fromCoarser(s.at(`embedding${k}_cbl`), routed, widths), feature], 1);
    const scale = convolutions(s.at(`embedding${k}`), x, widths);
    routed = scale.routed;
    return conv(s.at(`embedding${k}`).at("conv_out"), scale.last, {
      ...{ channels: outputs[k] ?? 0, size: 1 },
    });
  });
}

/** Channels of a scale. */
interface Widths {
  readonly narrow: number;
  readonly wide: number;
  readonly training: boolean;
}

function fromCoarser(s: Scope, x: Tensor, { narrow, training }: Widths): Tensor {
  const narrowed = convLeaky(s, x, { channels: narrow, size: 1, training });
  return upsample2(narrowed, { interpolation: "nearest" });
}

/** Layers `0` … `5`. */
function convolutions(
  s: Scope,
  x: Tensor,
  { narrow, wide, training }: Widths,
): { readonly routed: Tensor; readonly last: Tensor } {
  let [routed, last] = [x, x];
  for (const [i, size] of KERNELS.entries()) {
    last = convLeaky(s.at(i), last, { channels: size === 1 ? narrow : wide, size, training });
    if (i === ROUTED) routed = last;
  }
  return { routed, last };
}

function convLeaky(
  s: Scope,
  x: Tensor,
  options: { readonly channels: number; readonly size: number; readonly training: boolean },
): Tensor {
  const scopes = { conv: s.at("conv"), norm: s.at("bn") };
  return leakyRelu(convBatchNorm(scopes, x, { ...options, bias: false }), { slope: SLOPE });
}
