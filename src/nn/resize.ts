/**
 * @file Resizing of images inside a graph. Interpolation is linear and separable, so it is two products with constant
 * matrices, one for each side; its gradient is then that of a product. ONNX Runtime's own operator is no faster for bilinear
 * interpolation (bench/ops.ts, "upsample"), and has no gradient.
 */
import { matmul } from "../engine/ops/matmul.ts";
import { constant, type Tensor } from "../engine/tensor.ts";
import type { NdArray } from "../util/nd-array.ts";

/**
 * How values between samples are found. Grids are laid over each other by their borders, with samples in the middle of their
 * cells; `bilinear-aligned` lays them by their corner samples (PyTorch's `align_corners`), and `nearest` takes the sample of the
 * cell in which the left or upper border of a new cell lies.
 */
export type Interpolation = "nearest" | "bilinear" | "bilinear-aligned" | "bicubic";

/** Lengths of a row before and after. */
interface Lengths {
  readonly from: number;
  readonly to: number;
}

/** PyTorch's cubic convolution coefficient. */
const CUBIC_A = -0.75;

function cubicWeight(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * CUBIC_A;
  return 0;
}

const linearWeight = (distance: number): number => Math.max(0, 1 - Math.abs(distance));

/** Where sample `row` of the new row lies among the old ones. */
type Placing = (row: number, lengths: Lengths) => number;

const byBorders: Placing = (row, { from, to }) => (row + 0.5) * (from / to) - 0.5;
const byCorners: Placing = (row, { from, to }) => (to === 1 ? 0 : (row * (from - 1)) / (to - 1));
const byCell: Placing = (row, { from, to }) => Math.floor((row * from) / to);

/** Samples to either side that a new one is made of, with which weights, and where it lies. */
interface Rule {
  readonly reach: number;
  readonly weight: (distance: number) => number;
  readonly place: Placing;
}

const RULES: Readonly<Record<Interpolation, Rule>> = {
  nearest: { reach: 1, weight: linearWeight, place: byCell }, // on a sample, whose weight is 1 then
  bilinear: { reach: 1, weight: linearWeight, place: byBorders },
  "bilinear-aligned": { reach: 1, weight: linearWeight, place: byCorners },
  bicubic: { reach: 2, weight: cubicWeight, place: byBorders },
};

/**
 * The matrix [to, from] that resizes a row of samples as PyTorch's `interpolate` does: no antialiasing, samples outside the
 * border taken from the border.
 */
export function interpolationMatrix(
  options: Lengths & { readonly interpolation: Interpolation },
): NdArray<"f32"> {
  const { from, to, interpolation } = options;
  const { reach, weight, place } = RULES[interpolation];
  const matrix = new Float64Array(to * from);
  for (let row = 0; row < to; row++) {
    const centre = place(row, { from, to });
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

/** Twice the height and twice the width: how decoders and necks go from one scale to the next. */
export function upsample2(
  x: Tensor,
  { interpolation }: { readonly interpolation: Interpolation },
): Tensor {
  const [, , height = 0, width = 0] = x.shape;
  return resizeImage(x, { height: 2 * height, width: 2 * width, interpolation });
}

function transposed({ shape, data }: NdArray<"f32">): Tensor {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++)
    turned[(i % columns) * rows + Math.floor(i / columns)] = data[i] ?? 0;
  return constant({ dtype: "f32", shape: [columns, rows], data: turned });
}
