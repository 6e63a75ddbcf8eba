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

/**
 * y[b,o] = Σᵢ x[b,i] ⋆ w[o,i] + bias[o], stride 1, as much padding before as after.
 * dx = the convolution of g with the flipped, transposed weights; dw = one product per kernel offset.
 */
const Conv: Op<ConvInputs, ConvAttrs, readonly [Tensor]> = defineSingle<ConvInputs, ConvAttrs>({
  type: "Conv",
  attributes: { pads: "ints", strides: "ints" },
  infer: ([x, weight, bias], { pads }) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
    const [out = 0, inputs = 0, rows = 0, columns = 0] = weight.shape;
    const [vertical, horizontal] = padding(pads);
    const shape = [
      batch,
      out,
      height + 2 * vertical - rows + 1,
      width + 2 * horizontal - columns + 1,
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
  vjp: (g, _y, [x, weight], { pads }) => [
    inputGradient(g, weight, padding(pads)),
    weightGradient(g, x, weight, padding(pads)),
    reduceSum(g, { axes: [0, 2, 3] }),
  ],
});

/** Zeros above and below, and to the left and right. */
type Padding = readonly [number, number];

const padding = ([vertical = 0, horizontal = 0]: readonly number[]): Padding => [
  vertical,
  horizontal,
];

function inputGradient(g: Tensor, weight: Tensor, [vertical, horizontal]: Padding): Tensor {
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

function crop(g: Tensor, [rows, columns]: Padding): Tensor {
  if (rows === 0 && columns === 0) return g;
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
  [vertical, horizontal]: Padding,
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
      [row, row + height],
      [column, column + width],
    ]);
    const columnsOf = reshape(shifted, [batch, inputs, height * width]); // [B, I, HW]
    const product = reduceSum(matmul(gradient, transposeLast(columnsOf)), { axes: [0] }); // [O, I]
    return reshape(product, [out, inputs, 1]);
  });
  return reshape(concat(offsets, 2), weight.shape);
}

/**
 * Convolution of x [B, I, H, W] with weight [O, I, h, w] plus bias [O]; stride 1.
 * @throws {ShapeError} when channels do not fit
 */
export const conv2d = (
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { padding }: { readonly padding: number },
): Tensor =>
  apply(Conv, [x, weight, bias], { pads: [padding, padding, padding, padding], strides: [1, 1] });
