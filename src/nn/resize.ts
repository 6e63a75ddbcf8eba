/**
 * @file Resizing of images inside a graph. Interpolation is linear and separable, so it is two products with constant
 * matrices, one for each side; its gradient is then that of a product.
 */
import { matmul } from "../engine/ops/matmul.ts";
import { constant, type Tensor } from "../engine/tensor.ts";
import type { NdArray } from "../util/nd-array.ts";

/** How values between samples are found. */
export type Interpolation = "bilinear" | "bicubic";

/** PyTorch's cubic convolution coefficient. */
const CUBIC_A = -0.75;

function cubicWeight(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * CUBIC_A;
  return 0;
}

const linearWeight = (distance: number): number => Math.max(0, 1 - Math.abs(distance));

/**
 * The matrix [to, from] that resizes a row of samples as PyTorch's `interpolate` does: half-pixel centres
 * (`align_corners` false), no antialiasing, samples outside the border taken from the border.
 */
export function interpolationMatrix(options: {
  readonly from: number;
  readonly to: number;
  readonly interpolation: Interpolation;
}): NdArray<"f32"> {
  const { from, to, interpolation } = options;
  const [reach, weight] = interpolation === "bicubic" ? [2, cubicWeight] : [1, linearWeight];
  const matrix = new Float64Array(to * from);
  for (let row = 0; row < to; row++) {
    const centre = (row + 0.5) * (from / to) - 0.5;
    const first = Math.floor(centre) - reach + 1;
    for (let sample = first; sample < first + 2 * reach; sample++) {
      const column = Math.min(Math.max(sample, 0), from - 1);
      const cell = row * from + column;
      matrix[cell] = (matrix[cell] ?? 0) + weight(sample - centre);
    }
  }
  return { dtype: "f32", shape: [to, from], data: Float32Array.from(matrix) };
}

/** Images [B, C, H, W] resized to [B, C, height, width]. */
export function resizeImage(
  x: Tensor,
  size: { readonly height: number; readonly width: number; readonly interpolation: Interpolation },
): Tensor {
  const { height, width, interpolation } = size;
  const [, , fromHeight = 0, fromWidth = 0] = x.shape;
  const rows = constant(interpolationMatrix({ from: fromHeight, to: height, interpolation })); // [h, H]
  const columns = transposed(interpolationMatrix({ from: fromWidth, to: width, interpolation })); // [W, w]
  return matmul(rows, matmul(x, columns));
}

function transposed({ shape, data }: NdArray<"f32">): Tensor {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++)
    turned[(i % columns) * rows + Math.floor(i / columns)] = data[i] ?? 0;
  return constant({ dtype: "f32", shape: [columns, rows], data: turned });
}
