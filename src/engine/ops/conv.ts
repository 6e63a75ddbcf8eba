/** @file Two-dimensional convolution, with the fast forms of its gradients: a convolution, and products of shifted slices. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, sameShape } from "../../util/nd-array.ts";
import { apply, defineSingle, type Op, type Tensor } from "../tensor.ts";
import {
  concat,
  pad,
  reshape,
  reverse,
  slice,
  transpose,
  transposeLast,
  zerosOf,
} from "./layout.ts";
import { matmul } from "./matmul.ts";
import { reduceSum } from "./reduce.ts";

type ConvInputs = readonly [Tensor, Tensor, Tensor];
type ConvAttrs = { readonly pads: readonly number[]; readonly strides: readonly number[] };

/** One number for rows, one for columns. */
type Pair = readonly [number, number];

const pairOf = ([down = 0, across = 0]: readonly number[]): Pair => [down, across];

/**
 * y[b,o] = Σᵢ x[b,i] ⋆ w[o,i] + bias[o], as much padding before as after, every stride-th place kept.
 * dx = the convolution of g with the flipped, transposed weights, for strides above 1 a transposed one; dw = one product per
 * kernel offset. These are the fast forms: bench/convolutions.ts.
 */
const Conv: Op<ConvInputs, ConvAttrs, readonly [Tensor]> = defineSingle<ConvInputs, ConvAttrs>({
  type: "Conv",
  attributes: { pads: "ints", strides: "ints" },
  infer: ([x, weight, bias], { pads, strides }) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
    const [out = 0, inputs = 0, rows = 0, columns = 0] = weight.shape;
    const [vertical, horizontal] = pairOf(pads);
    const [down, across] = pairOf(strides);
    const shape = [
      batch,
      out,
      Math.floor((height + 2 * vertical - rows) / down) + 1,
      Math.floor((width + 2 * horizontal - columns) / across) + 1,
    ];
    if (
      x.shape.length !== 4 ||
      weight.shape.length !== 4 ||
      channels !== inputs ||
      !sameShape(bias.shape, [out]) ||
      [weight, bias].some(({ dtype }) => dtype !== x.dtype) ||
      shape.some((length) => length < 1)
    ) {
      throw new ShapeError(
        `Cannot convolve ${describeShape(x)} with ${describeShape(weight)} and bias ${describeShape(bias)}`,
      );
    }
    return { dtype: x.dtype, shape };
  },
  vjp: (g, _y, [x, weight], { pads, strides }) => [
    inputGradient(g, x, weight, { padding: pairOf(pads), stride: pairOf(strides) }),
    weightGradient(g, x, weight, { padding: pairOf(pads), stride: pairOf(strides) }),
    reduceSum(g, { axes: [0, 2, 3] }),
  ],
});

type TransposeAttrs = ConvAttrs & { readonly output_padding: readonly number[] };

/**
 * The image x whose convolution would see g: x[b,i] = Σₒ g[b,o] spread out by the strides ⋆ flipped w[o,i], less the padding.
 * The gradient of strided convolutions alone makes it: with a stride of 1, a convolution does the same and is faster.
 */
const ConvTranspose: Op<readonly [Tensor, Tensor], TransposeAttrs, readonly [Tensor]> =
  defineSingle<readonly [Tensor, Tensor], TransposeAttrs>({
    type: "ConvTranspose",
    attributes: { pads: "ints", strides: "ints", output_padding: "ints" },
    infer: ([g, weight], { pads, strides, output_padding: further }) => {
      const [batch = 0, , height = 0, width = 0] = g.shape;
      const [, inputs = 0, rows = 0, columns = 0] = weight.shape;
      const [vertical, horizontal] = pairOf(pads);
      const [down, across] = pairOf(strides);
      const [below, right] = pairOf(further);
      return {
        dtype: g.dtype,
        shape: [
          batch,
          inputs,
          (height - 1) * down + rows - 2 * vertical + below,
          (width - 1) * across + columns - 2 * horizontal + right,
        ],
      };
    },
  });

/** Zeros above and below, and to the left and right; steps down and across. */
interface Geometry {
  readonly padding: Pair;
  readonly stride: Pair;
}

function inputGradient(
  g: Tensor,
  x: Tensor,
  weight: Tensor,
  { padding, stride }: Geometry,
): Tensor {
  const [down, across] = stride;
  return down === 1 && across === 1
    ? unitStrideGradient(g, weight, padding)
    : stridedGradient(g, x, weight, { padding, stride });
}

function unitStrideGradient(g: Tensor, weight: Tensor, [vertical, horizontal]: Pair): Tensor {
  const flipped = transpose(reverse(weight, [2, 3]), [1, 0, 2, 3]); // [I, O, h, w]
  const [inputs = 0, , rows = 0, columns = 0] = flipped.shape;
  const around = [rows - 1 - vertical, columns - 1 - horizontal];
  const [above = 0, left = 0] = around.map((length) => Math.max(length, 0));
  // Where x was padded by more than the kernel reaches, the outermost outputs saw zeros only.
  const [cutRows = 0, cutColumns = 0] = around.map((length) => Math.max(-length, 0));
  const seen = crop(g, [cutRows, cutColumns]);
  const attrs = { pads: [above, left, above, left], strides: [1, 1] };
  return apply(Conv, [seen, flipped, zerosOf([inputs])], attrs);
}

function stridedGradient(
  g: Tensor,
  x: Tensor,
  weight: Tensor,
  { padding: [vertical, horizontal], stride: [down, across] }: Geometry,
): Tensor {
  const [, , height = 0, width = 0] = x.shape;
  const [, , rows = 0, columns = 0] = weight.shape;
  return apply(ConvTranspose, [g, weight], {
    pads: [vertical, horizontal, vertical, horizontal],
    strides: [down, across],
    // The last pixels, which the kernel's last step did not reach.
    output_padding: [
      (height + 2 * vertical - rows) % down,
      (width + 2 * horizontal - columns) % across,
    ],
  });
}

function crop(g: Tensor, [rows, columns]: Pair): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = g.shape;
  return slice(g, [
    [0, batch],
    [0, channels],
    [rows, height - rows],
    [columns, width - columns],
  ]);
}

function weightGradient(
  g: Tensor,
  x: Tensor,
  weight: Tensor,
  { padding: [vertical, horizontal], stride: [down, across] }: Geometry,
): Tensor {
  const [batch = 0, inputs = 0] = x.shape;
  const [out = 0, , rows = 0, columns = 0] = weight.shape;
  const [, , height = 0, width = 0] = g.shape;
  const padded = pad(x, [
    [0, 0],
    [0, 0],
    [vertical, vertical],
    [horizontal, horizontal],
  ]);
  const gradient = reshape(g, [batch, out, height * width]); // [B, O, HW]
  const offsets = Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const shifted = slice(padded, [
      [0, batch],
      [0, inputs],
      [row, row + (height - 1) * down + 1, down],
      [column, column + (width - 1) * across + 1, across],
    ]);
    const columnsOf = reshape(shifted, [batch, inputs, height * width]); // [B, I, HW]
    const product = reduceSum(matmul(gradient, transposeLast(columnsOf)), { axes: [0] }); // [O, I]
    return reshape(product, [out, inputs, 1]);
  });
  return reshape(concat(offsets, 2), weight.shape);
}

/** How a kernel moves over an image. */
export interface ConvOptions {
  /** Zeros on each of the four sides. */
  readonly padding: number;
  /** Places from one output to the next, in either direction; 1 when absent. */
  readonly stride?: number;
}

/**
 * Convolution of x [B, I, H, W] with weight [O, I, h, w] plus bias [O], if there is one.
 * @throws {ShapeError} when channels do not fit, or the stride is not a whole number of at least 1
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  { padding, stride = 1 }: ConvOptions,
): Tensor {
  if (!Number.isInteger(stride) || stride < 1) {
    throw new ShapeError(
      `Cannot convolve ${describeShape(x)} with stride ${stride}: a whole number of at least 1 is expected`,
    );
  }
  const shift = bias ?? zerosOf([weight.shape[0] ?? 0]);
  const pads = [padding, padding, padding, padding];
  return apply(Conv, [x, weight, shift], { pads, strides: [stride, stride] });
}
