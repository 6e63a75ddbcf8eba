/** @file Reference kernels: one number from one number of every input. */
import type { Kernel, Kernels } from "./kernel.ts";
import { build, type Coordinates, commonShape, readBroadcast, type Values } from "./values.ts";

/** The error function, 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, a series whose terms are all of one sign. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x); // 1 − erf(6) is 2e-17
  let total = 0;
  let term = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    total += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** Applies a function to the elements that broadcasting brings together; no operator here has more than three inputs. */
const each =
  (f: (a: number, b: number, c: number) => number): Kernel =>
  ({ all }) => {
    const [a, b, c] = all;
    const shape = commonShape(all.map((x) => x.shape));
    return [build(shape, (at) => f(elementOf(a, at), elementOf(b, at), elementOf(c, at)))];
  };

const elementOf = (x: Values | undefined, at: Coordinates): number =>
  x === undefined ? Number.NaN : readBroadcast(x, at);

/** ONNX's numbers of the element types that are not floating: u8, i32, i64. */
const WHOLE: readonly number[] = [2, 6, 7];
const BOOL = 9;

const cast: Kernel = (inputs, attributes) => {
  const to = attributes.number("to");
  return each((x) => {
    if (to === BOOL) return Number(x !== 0);
    return WHOLE.includes(to) ? Math.trunc(x) : x;
  })(inputs, attributes);
};

const leakyRelu: Kernel = (inputs, attributes) => {
  const alpha = attributes.number("alpha", 0.01);
  return each((x) => (x < 0 ? alpha * x : x))(inputs, attributes);
};

/** Element-wise operators, comparisons and casts. */
export const elementwise: Kernels = {
  Add: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: each((a, b) => a * b),
  Div: each((a, b) => a / b),
  Neg: each((x) => -x),
  Exp: each((x) => Math.exp(x)),
  Log: each((x) => Math.log(x)),
  Sqrt: each((x) => Math.sqrt(x)),
  Erf: each((x) => erf(x)),
  Relu: each((x) => Math.max(x, 0)),
  LeakyRelu: leakyRelu,
  Gelu: each((x) => (x / 2) * (1 + erf(x / Math.SQRT2))),
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  Softplus: each((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Greater: each((a, b) => Number(a > b)),
  Equal: each((a, b) => Number(a === b)),
  Where: each((condition, a, b) => (condition !== 0 ? a : b)),
  Identity: each((x) => x),
  Cast: cast,
};
