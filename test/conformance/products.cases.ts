/** @file Conformance cases of matrix products and convolution. */
import { conv2d } from "../../src/engine/ops/conv.ts";
import { fusedMatmul, gemm, matmul } from "../../src/engine/ops/matmul.ts";
import type { Shape } from "../../src/util/nd-array.ts";
import { normal } from "../draw.ts";
import { applyNamed, type OpCase, type OpRows, opCase } from "./op-case.ts";

const product = (a: Shape, b: Shape): OpCase =>
  opCase(`[${a.join(",")}] by [${b.join(",")}]`, { a: normal(...a), b: normal(...b) }, (x) =>
    matmul(x.a, x.b),
  );

const orientation = ({ transA, transB }: { transA: number; transB: number }): string =>
  `${transA === 1 ? "Aᵀ" : "A"}·${transB === 1 ? "Bᵀ" : "B"}`;

const swapped = (shape: Shape, swap: number): Shape =>
  swap === 1 ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape;

const BOTH_WAYS = [0, 1].flatMap((transA) => [0, 1].map((transB) => ({ transA, transB })));

const fused = (a: Shape, b: Shape, alpha: number): readonly OpCase[] =>
  BOTH_WAYS.map((trans) =>
    opCase(
      `${alpha}·${orientation(trans)} of [${a.join(",")}] and [${b.join(",")}]`,
      { a: normal(...swapped(a, trans.transA)), b: normal(...swapped(b, trans.transB)) },
      (x) => fusedMatmul(x.a, x.b, { ...trans, alpha }),
    ),
  );

const gemmBias = (bias: Shape): OpCase =>
  opCase(
    `bias [${bias.join(",")}]`,
    { x: normal(4, 3), weight: normal(2, 3), bias: normal(...bias) },
    ({ x, weight, bias: c }) => gemm(x, weight, c),
  );

const gemmOriented = BOTH_WAYS.map((trans) =>
  opCase(
    orientation(trans),
    {
      a: normal(...swapped([2, 3], trans.transA)),
      b: normal(...swapped([3, 4], trans.transB)),
      c: normal(4),
    },
    ({ a, b, c }) => applyNamed("Gemm", [a, b, c], trans),
  ),
);

/** A convolution of an image [2, 2, 4, 5] to 3 channels. */
const convolution = (kernel: readonly [number, number], padding: number): OpCase =>
  opCase(
    `${kernel.join("×")}, padding ${padding}`,
    { x: normal(2, 2, 4, 5), weight: normal(3, 2, ...kernel), bias: normal(3) },
    ({ x, weight, bias }) => conv2d(x, weight, bias, { padding }),
  );

/** A strided convolution to 3 channels, of an image whose sizes need not be multiples of the stride. */
const strided = (
  image: Shape,
  { kernel, padding, stride }: { kernel: Shape; padding: number; stride: number },
): OpCase =>
  opCase(
    `${kernel.join("×")}, padding ${padding}, stride ${stride}, of [${image.join(",")}]`,
    { x: normal(...image), weight: normal(3, image[1] ?? 1, ...kernel), bias: normal(3) },
    ({ x, weight, bias }) => conv2d(x, weight, bias, { padding, stride }),
  );

/** What a strided convolution to 3 channels would have to see, to give back to 2. */
const transposed = (
  g: Shape,
  how: { kernel: Shape; padding: number; stride: number; further: Shape },
): OpCase =>
  opCase(
    `${how.kernel.join("×")}, padding ${how.padding}, stride ${how.stride}, of [${g.join(",")}]`,
    { g: normal(...g), weight: normal(3, 2, ...how.kernel) },
    (inputs) =>
      applyNamed("ConvTranspose", [inputs.g, inputs.weight], {
        pads: Array(4).fill(how.padding),
        strides: [how.stride, how.stride],
        output_padding: how.further,
      }),
  );

/** Rows by operator. */
export const productRows: OpRows = {
  MatMul: {
    cases: [
      product([2, 3], [3, 4]),
      product([1, 3], [3, 1]),
      product([2, 2, 3], [3, 4]), // a batch by one matrix: its gradient is one product over all rows
      product([2, 3], [2, 3, 4]),
      product([2, 2, 3], [2, 3, 4]),
      product([1, 2, 3], [4, 3, 2]),
      product([4, 2, 3], [1, 3, 2]),
      product([2, 3, 2, 4], [2, 3, 4, 2]),
      product([2, 1, 2, 3], [1, 3, 3, 2]),
      product([2, 2, 2, 3], [3, 4]),
      product([2, 2, 2, 3], [2, 3, 1]),
      opCase("a matrix by itself", { a: normal(3, 3) }, ({ a }) => matmul(a, a)),
    ],
  },
  "com.microsoft:FusedMatMul": {
    noGradient: "only passes make it, after differentiation",
    cases: [
      ...fused([2, 3], [3, 4], 1),
      ...fused([2, 2, 3, 4], [2, 2, 4, 2], 0.125),
      ...fused([2, 2, 3], [3, 4], -2),
    ],
  },
  Gemm: {
    cases: [
      gemmBias([2]),
      gemmBias([]),
      gemmBias([1, 2]),
      gemmBias([4, 1]),
      gemmBias([4, 2]),
      ...gemmOriented,
    ],
  },
  Conv: {
    cases: [
      convolution([1, 1], 0),
      convolution([3, 3], 1),
      convolution([3, 3], 0),
      convolution([2, 2], 1),
      convolution([1, 3], 1),
      convolution([3, 1], 0),
      convolution([3, 5], 2),
      convolution([1, 1], 1), // more padding than the kernel reaches
      convolution([4, 5], 0), // one element is left of the image
      opCase(
        "of a map of one pixel",
        { x: normal(1, 2, 1, 1), weight: normal(3, 2, 3, 3), bias: normal(3) },
        ({ x, weight, bias }) => conv2d(x, weight, bias, { padding: 1 }),
      ),
      opCase("without bias", { x: normal(2, 2, 4, 5), weight: normal(3, 2, 3, 3) }, (inputs) =>
        conv2d(inputs.x, inputs.weight, undefined, { padding: 1 }),
      ),
      strided([2, 2, 4, 6], { kernel: [1, 1], padding: 0, stride: 2 }), // three of four pixels are not seen
      strided([1, 2, 5, 7], { kernel: [1, 1], padding: 0, stride: 2 }),
      strided([2, 2, 5, 6], { kernel: [3, 3], padding: 1, stride: 2 }),
      strided([1, 2, 6, 5], { kernel: [3, 3], padding: 0, stride: 2 }), // the last row is not seen
      strided([1, 1, 7, 8], { kernel: [3, 2], padding: 1, stride: 3 }),
      strided([1, 2, 4, 5], { kernel: [2, 2], padding: 2, stride: 2 }), // some outputs see zeros only
      strided([1, 2, 1, 1], { kernel: [3, 3], padding: 1, stride: 2 }),
      strided([1, 1, 3, 9], { kernel: [3, 3], padding: 0, stride: 5 }), // one output down, two across
      opCase(
        "another stride down than across",
        { x: normal(1, 2, 5, 6), weight: normal(2, 2, 3, 3), bias: normal(2) },
        ({ x, weight, bias }) =>
          applyNamed("Conv", [x, weight, bias], { pads: [1, 0, 1, 0], strides: [1, 2] }),
      ),
    ],
  },
  ConvTranspose: {
    noGradient: "the gradient of strided convolutions alone makes it",
    cases: [
      transposed([2, 3, 2, 3], { kernel: [3, 3], padding: 1, stride: 2, further: [0, 1] }),
      transposed([1, 3, 2, 2], { kernel: [1, 1], padding: 0, stride: 2, further: [1, 1] }),
      transposed([1, 3, 3, 1], { kernel: [2, 3], padding: 0, stride: 3, further: [2, 0] }),
      transposed([1, 3, 4, 4], { kernel: [2, 2], padding: 2, stride: 2, further: [0, 0] }),
    ],
  },
};
