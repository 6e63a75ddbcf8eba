/** @file Conformance cases of reductions and normalisations. */

import { add, mul } from "../../src/engine/ops/elementwise.ts";
import { batchNormalization, layerNormalization } from "../../src/engine/ops/normalize.ts";
import {
  type ReduceOptions,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceSum,
  softmax,
} from "../../src/engine/ops/reduce.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Shape } from "../../src/util/nd-array.ts";
import { between, exactly, normal } from "../draw.ts";
import { applyNamed, type OpCase, type OpRows, opCase } from "./op-case.ts";

const REDUCTIONS: readonly ReduceOptions[] = [
  {},
  { keepDims: true },
  { axes: [0] },
  { axes: [-1] },
  { axes: [-1], keepDims: true },
  { axes: [0, 2] },
  { axes: [2, -3], keepDims: true },
  { axes: [1] },
];

const describeReduction = ({ axes, keepDims }: ReduceOptions): string =>
  `${axes === undefined ? "all axes" : `axes [${axes.join(",")}]`}${keepDims === true ? ", kept" : ""}`;

type Reduce = (x: Tensor, options?: ReduceOptions) => Tensor;

const reducing = (reduce: Reduce): readonly OpCase[] =>
  REDUCTIONS.map((options) =>
    opCase(describeReduction(options), { x: normal(2, 3, 4) }, ({ x }) => reduce(x, options)),
  );

/** Several axes in one node, as no function of the engine makes it. */
const atOnce = (name: string): OpCase =>
  opCase("two axes at once", { x: normal(2, 3, 4) }, ({ x }) =>
    applyNamed(name, [x], { axes: [0, 2], keepdims: 0 }),
  );

const softmaxOf = (...shape: Shape): OpCase =>
  opCase(`[${shape.join(",")}]`, { x: normal(...shape) }, ({ x }) => softmax(x));

const FAR_APART = exactly("f32", [2, 3], [1000, 999, -1000, -500, -500.5, -501]);

const normalizing = (epsilon: number, ...shape: Shape): OpCase =>
  opCase(
    `[${shape.join(",")}], ε = ${epsilon}`,
    { x: normal(...shape), scale: normal(shape.at(-1) ?? 1), bias: normal(shape.at(-1) ?? 1) },
    ({ x, scale, bias }) => layerNormalization(x, scale, bias, { epsilon }),
  );

const normalizingBatch = (epsilon: number, ...shape: Shape): OpCase =>
  opCase(
    `[${shape.join(",")}], ε = ${epsilon}`,
    { x: normal(...shape), scale: normal(shape[1] ?? 1), bias: normal(shape[1] ?? 1) },
    ({ x, scale, bias }) => batchNormalization(x, scale, bias, { epsilon }).y,
  );

/** Rows by operator. */
export const reduceRows: OpRows = {
  ReduceSum: { cases: [...reducing(reduceSum), atOnce("ReduceSum")] },
  ReduceMean: { cases: [...reducing(reduceMean), atOnce("ReduceMean")] },
  ReduceLogSumExp: {
    cases: [
      ...reducing(reduceLogSumExp),
      atOnce("ReduceLogSumExp"),
      opCase(
        "without overflow",
        { x: FAR_APART },
        ({ x }) => reduceLogSumExp(x, { axes: [-1] }),
        { tolerance: 1e-4 }, // e^(x − y) of x and y around 1000, which f32 holds to 3e-5
      ),
    ],
  },
  ReduceMax: {
    noGradient: "it only shifts exponents, where its gradient cancels",
    cases: [...reducing(reduceMax), atOnce("ReduceMax")],
  },
  Softmax: {
    cases: [
      softmaxOf(5),
      softmaxOf(2, 3),
      softmaxOf(2, 2, 3, 4),
      softmaxOf(3, 1),
      opCase("without overflow", { x: FAR_APART }, ({ x }) => softmax(x)),
    ],
  },
  LayerNormalization: {
    cases: [
      normalizing(1e-6, 5),
      normalizing(1e-6, 3, 4),
      normalizing(1e-12, 2, 3, 8),
      normalizing(0.5, 2, 4),
      opCase(
        "far from 0",
        { x: between(99, 101, 3, 8), scale: normal(8), bias: normal(8) },
        ({ x, scale, bias }) => layerNormalization(x, scale, bias, { epsilon: 1e-6 }),
        { tolerance: 1e-4 }, // 100 in f32 is good to 8e-6
      ),
      opCase(
        "mean and 1/√(variance + ε)",
        { x: normal(2, 3, 4), scale: normal(4), bias: normal(4) },
        ({ x, scale, bias }) =>
          applyNamed("LayerNormalization", [x, scale, bias], { axis: -1, epsilon: 1e-6 }),
        {
          forwardOnly: "the statistics serve the gradient; nothing is differentiated through them",
        },
      ),
    ],
  },
  BatchNormalization: {
    cases: [
      normalizingBatch(1e-5, 3, 2, 4, 5),
      normalizingBatch(1e-5, 1, 3, 2, 3), // a batch of one
      normalizingBatch(1e-5, 4, 3, 1, 1), // maps of one pixel
      normalizingBatch(1e-5, 2, 1, 1, 3),
      normalizingBatch(0.5, 2, 2, 3, 3),
      opCase(
        "far from 0",
        { x: between(99, 101, 3, 2, 4, 4), scale: normal(2), bias: normal(2) },
        ({ x, scale, bias }) => batchNormalization(x, scale, bias, { epsilon: 1e-5 }).y,
        { tolerance: 1e-4 }, // 100 in f32 is good to 8e-6
      ),
      opCase(
        "a channel without variance",
        { x: exactly("f32", [2, 1, 1, 2], [3, 3, 3, 3]), scale: normal(1), bias: normal(1) },
        ({ x, scale, bias }) => batchNormalization(x, scale, bias, { epsilon: 1e-5 }).y,
        {
          tolerance: 1e-4, // x·γ/√ε, here 3·316, less the same
          forwardOnly: "within the step of the differences its variance passes ε",
        },
      ),
      opCase(
        "two with one scale and bias",
        { x: normal(2, 3, 2, 2), y: normal(2, 3, 2, 2), scale: normal(3), bias: normal(3) },
        ({ x, y, scale, bias }) => {
          const [first, second] = [x, y].map(
            (each) => batchNormalization(each, scale, bias, { epsilon: 1e-5 }).y,
          );
          return [mul(first ?? x, second ?? y)];
        },
      ),
      opCase(
        "two of one image, with statistics",
        { x: normal(2, 3, 2, 2), scale: normal(3), bias: normal(3) },
        ({ x, scale, bias }) =>
          [x, mul(x, x)].flatMap((each) => {
            const { y, mean, variance } = batchNormalization(each, scale, bias, { epsilon: 1e-5 });
            return [y, mean, add(mean, variance)];
          }),
        { forwardOnly: "the statistics serve the gradient" },
      ),
      opCase(
        "mean and variance",
        { x: normal(2, 3, 4, 2), scale: normal(3), bias: normal(3) },
        ({ x, scale, bias }) => {
          const { mean, variance } = batchNormalization(x, scale, bias, { epsilon: 1e-5 });
          return [mean, variance];
        },
        {
          forwardOnly: "the statistics serve the gradient; nothing is differentiated through them",
        },
      ),
    ],
  },
};
