/** @file Reference kernels: sums of products. */
import type { Kernel, Kernels } from "./kernel.ts";
import {
  addAt,
  build,
  commonShape,
  everyPlace,
  read,
  readBroadcast,
  sum,
  type Values,
} from "./values.ts";

/** The last two axes exchanged when asked for. */
function oriented(x: Values, transposed: boolean): Values {
  if (!transposed) return x;
  const exchanged = (numbers: readonly number[]): readonly number[] => [
    ...numbers.slice(0, -2),
    ...numbers.slice(-2).reverse(),
  ];
  return build(exchanged(x.shape), (at) => read(x, exchanged(at)));
}

/** C[…, m, n] = Σₖ A[…, m, k] · B[…, k, n] */
function product(a: Values, b: Values): Values {
  const lead = commonShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const depth = a.shape.at(-1) ?? 0;
  if (depth !== b.shape.at(-2)) {
    throw new RangeError(`Cannot multiply [${a.shape.join(",")}] by [${b.shape.join(",")}]`);
  }
  return build([...lead, a.shape.at(-2) ?? 0, b.shape.at(-1) ?? 0], (at) => {
    const [batch, row, column] = [at.slice(0, -2), at.at(-2) ?? 0, at.at(-1) ?? 0];
    return sum(
      depth,
      (k) => readBroadcast(a, [...batch, row, k]) * readBroadcast(b, [...batch, k, column]),
    );
  });
}

const scaled = (x: Values, factor: number): Values => build(x.shape, (at) => read(x, at) * factor);

const matmul: Kernel = (inputs) => [product(inputs.at(0), inputs.at(1))];

const fusedMatmul: Kernel = (inputs, attributes) => {
  const a = oriented(inputs.at(0), attributes.number("transA", 0) === 1);
  const b = oriented(inputs.at(1), attributes.number("transB", 0) === 1);
  return [scaled(product(a, b), attributes.number("alpha", 1))];
};

const gemm: Kernel = (inputs, attributes) => {
  const a = oriented(inputs.at(0), attributes.number("transA", 0) === 1);
  const b = oriented(inputs.at(1), attributes.number("transB", 0) === 1);
  const y = scaled(product(a, b), attributes.number("alpha", 1));
  const beta = attributes.number("beta", 1);
  return [build(y.shape, (at) => read(y, at) + beta * readBroadcast(inputs.at(2), at))];
};

/** The element at a place, 0 outside: an image with zeros all around. */
const readPadded = (x: Values, at: readonly number[]): number =>
  at.every((i, axis) => i >= 0 && i < (x.shape[axis] ?? 0)) ? read(x, at) : 0;

/** y[b, o, r, c] = bias[o] + Σ x[b, i, r·s + u − top, c·s + v − left] · w[o, i, u, v] */
const conv: Kernel = (inputs, attributes) => {
  const [x, w, bias] = [inputs.at(0), inputs.at(1), inputs.all[2]];
  const [batch = 0, , height = 0, width = 0] = x.shape;
  const [out = 0, channels = 0, rows = 0, columns = 0] = w.shape;
  const [top = 0, left = 0, bottom = 0, right = 0] = attributes.numbers("pads", [0, 0, 0, 0]);
  const [down = 1, across = 1] = attributes.numbers("strides", [1, 1]);
  const outRows = Math.floor((height + top + bottom - rows) / down) + 1;
  const outColumns = Math.floor((width + left + right - columns) / across) + 1;
  return [
    build([batch, out, outRows, outColumns], ([b = 0, o = 0, r = 0, c = 0]) => {
      const around = sum(channels, (i) =>
        sum(rows, (u) =>
          sum(
            columns,
            (v) =>
              readPadded(x, [b, i, r * down + u - top, c * across + v - left]) *
              read(w, [o, i, u, v]),
          ),
        ),
      );
      return around + (bias === undefined ? 0 : read(bias, [o]));
    }),
  ];
};

/** Σ over b, o, r, c of g[b, o, r, c] · w[o, i, u, v] at x[b, i, r·s + u − top, c·s + v − left], where there is such a place. */
const convTranspose: Kernel = (inputs, attributes) => {
  const [g, w] = [inputs.at(0), inputs.at(1)];
  const [batch = 0, , height = 0, width = 0] = g.shape;
  const [, channels = 0, rows = 0, columns = 0] = w.shape;
  const [top = 0, left = 0, bottom = 0, right = 0] = attributes.numbers("pads", [0, 0, 0, 0]);
  const [down = 1, across = 1] = attributes.numbers("strides", [1, 1]);
  const [below = 0, beside = 0] = attributes.numbers("output_padding", [0, 0]);
  const x = build(
    [
      batch,
      channels,
      (height - 1) * down + rows - top - bottom + below,
      (width - 1) * across + columns - left - right + beside,
    ],
    () => 0,
  );
  for (const [b = 0, o = 0, r = 0, c = 0] of everyPlace(g.shape)) {
    for (const [i = 0, u = 0, v = 0] of everyPlace(w.shape.slice(1))) {
      const at = [b, i, r * down + u - top, c * across + v - left];
      const isInside = at.every((place, axis) => place >= 0 && place < (x.shape[axis] ?? 0));
      if (isInside) addAt(x, at, read(g, [b, o, r, c]) * read(w, [o, i, u, v]));
    }
  }
  return [x];
};

/** Matrix products and convolution. */
export const products: Kernels = {
  MatMul: matmul,
  "com.microsoft:FusedMatMul": fusedMatmul,
  Gemm: gemm,
  Conv: conv,
  ConvTranspose: convTranspose,
};
