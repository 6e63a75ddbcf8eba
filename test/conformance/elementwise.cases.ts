/** @file Conformance cases of the element-wise operators, comparisons and casts. */
import {
  add,
  cast,
  div,
  equal,
  erf,
  exp,
  gelu,
  greater,
  leakyRelu,
  log,
  logSigmoid,
  mul,
  neg,
  relu,
  sigmoid,
  softplus,
  sqrt,
  stopGradient,
  sub,
  where,
} from "../../src/engine/ops/elementwise.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Shape } from "../../src/util/nd-array.ts";
import { between, booleans, type Draw, exactly, indices, nonzero, normal } from "../draw.ts";
import { type CaseOptions, type OpCase, type OpRows, opCase } from "./op-case.ts";

/** Every way in which two shapes meet: equal, a scalar on either side, missing and single axes on one side or on both. */
const BROADCAST_PAIRS: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [[2, 3], [3]],
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[1], [2, 2, 3]],
];

type DrawShaped = (...shape: Shape) => Draw;

const binary = (
  f: (a: Tensor, b: Tensor) => Tensor,
  drawA: DrawShaped,
  drawB: DrawShaped = drawA,
): readonly OpCase[] =>
  BROADCAST_PAIRS.map(([a, b]) =>
    opCase(`[${a.join(",")}] with [${b.join(",")}]`, { a: drawA(...a), b: drawB(...b) }, (x) =>
      f(x.a, x.b),
    ),
  );

const unary = (
  f: (x: Tensor) => Tensor,
  draw: DrawShaped,
  options?: CaseOptions,
): readonly OpCase[] =>
  [[], [5], [2, 3, 4]].map((shape) =>
    opCase(`[${shape.join(",")}]`, { x: draw(...shape) }, ({ x }) => f(x), options),
  );

const moderate: DrawShaped = (...shape) => between(-3, 3, ...shape);
const positive: DrawShaped = (...shape) => between(0.1, 4, ...shape);
const wide = exactly("f32", [9], [-20, -6, -3, -0.5, 0, 0.5, 3, 6, 20]);
const one: DrawShaped = (...shape) => indices(3, ...shape);

const comparison = (f: (a: Tensor, b: Tensor) => Tensor): readonly OpCase[] => [
  ...binary(f, normal),
  opCase("i64 with equal elements", { a: one(4, 5), b: one(5) }, ({ a, b }) => f(a, b)),
];

const select = (condition: Shape, a: Shape, b: Shape): OpCase =>
  opCase(
    `[${condition.join(",")}] between [${a.join(",")}] and [${b.join(",")}]`,
    { condition: booleans(...condition), a: normal(...a), b: normal(...b) },
    (x) => where(x.condition, x.a, x.b),
  );

/** Rows by operator. */
export const elementwiseRows: OpRows = {
  Add: {
    cases: [
      ...binary(add, normal),
      opCase("i64", { a: one(2, 3), b: one(3) }, ({ a, b }) => add(a, b)),
      opCase("a tensor with itself", { a: normal(2, 3) }, ({ a }) => add(a, a)),
    ],
  },
  Sub: {
    cases: [
      ...binary(sub, normal),
      opCase("a tensor from itself", { a: normal(2, 3) }, ({ a }) => sub(a, a)),
    ],
  },
  Mul: {
    cases: [...binary(mul, normal), opCase("a square", { a: normal(2, 3) }, ({ a }) => mul(a, a))],
  },
  Div: {
    cases: [
      ...binary(div, normal, nonzero),
      opCase("a tensor by itself", { a: nonzero(2, 3) }, ({ a }) => div(a, a)),
    ],
  },
  Neg: { cases: unary(neg, normal) },
  Exp: {
    cases: [
      ...unary(exp, moderate),
      opCase("far below 0", { x: exactly("f32", [3], [-200, -30, 1]) }, ({ x }) => exp(x)),
    ],
  },
  Log: { cases: unary(log, positive) },
  Sqrt: { cases: unary(sqrt, positive) },
  Erf: { cases: [...unary(erf, moderate), opCase("far out", { x: wide }, ({ x }) => erf(x))] },
  Relu: { cases: unary(relu, nonzero) },
  LeakyRelu: {
    cases: [
      ...unary((x) => leakyRelu(x, { slope: 0.1 }), nonzero),
      opCase("slope ½", { x: nonzero(2, 3) }, ({ x }) => leakyRelu(x, { slope: 0.5 })),
      opCase("at 0", { x: exactly("f32", [2], [0, -0]) }, ({ x }) => leakyRelu(x, { slope: 0.1 }), {
        forwardOnly: "finite differences see both sides of the kink: see elementwise.test.ts",
      }),
    ],
  },
  Sigmoid: {
    cases: [...unary(sigmoid, moderate), opCase("far out", { x: wide }, ({ x }) => sigmoid(x))],
  },
  Softplus: {
    cases: [
      ...unary(softplus, moderate),
      opCase("far out", { x: wide }, ({ x }) => softplus(x)),
      opCase("ln σ(x)", { x: moderate(2, 3) }, ({ x }) => logSigmoid(x)),
      opCase("ln σ(x), far out", { x: wide }, ({ x }) => logSigmoid(x)),
    ],
  },
  Gelu: { cases: [...unary(gelu, moderate), opCase("far out", { x: wide }, ({ x }) => gelu(x))] },
  Greater: { noGradient: "piecewise constant, and its result is bool", cases: comparison(greater) },
  Equal: { noGradient: "piecewise constant, and its result is bool", cases: comparison(equal) },
  Where: {
    cases: [
      select([2, 3], [2, 3], [2, 3]),
      select([2, 3], [], [2, 3]),
      select([2, 3], [2, 3], []),
      select([2, 1], [3], [1, 1]),
      select([], [2, 3], [3]),
      select([3], [4, 1, 1], [2, 1]),
      opCase("by a comparison", { x: nonzero(2, 3), y: normal(2, 3) }, ({ x, y }) =>
        where(greater(x, sub(x, x)), x, mul(x, y)),
      ),
    ],
  },
  Cast: {
    cases: [
      opCase("f64 and back", { x: normal(2, 3) }, ({ x }) => cast(cast(x, "f64"), "f32")),
      opCase("to i64: towards 0", { x: exactly("f32", [4], [-2.7, -0.5, 0.5, 2.7]) }, ({ x }) =>
        cast(x, "i64"),
      ),
      opCase("to i32", { x: exactly("f32", [3], [-2, 0, 7]) }, ({ x }) => cast(x, "i32")),
      opCase("to bool", { x: exactly("f32", [3], [-2, 0, 0.5]) }, ({ x }) => cast(x, "bool")),
      opCase("from i64", { x: one(2, 3) }, ({ x }) => cast(x, "f32")),
      opCase("from i32", { x: exactly("i32", [3], [-5, 0, 5]) }, ({ x }) => cast(x, "f32")),
      opCase("from u8", { x: exactly("u8", [3], [0, 1, 255]) }, ({ x }) => cast(x, "f32")),
      opCase("from bool", { x: booleans(5) }, ({ x }) => cast(x, "f32")),
    ],
  },
  Identity: {
    noGradient: "it is where differentiation ends (stopGradient)",
    cases: [opCase("[2,3]", { x: normal(2, 3) }, ({ x }) => stopGradient(x))],
  },
};
