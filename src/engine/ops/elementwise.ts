/** @file Element-wise operators. Each gradient is the formula of a calculus book; broadcasting is undone by the walk. */
import { ShapeError } from "../../util/errors.ts";
import { type DType, describeShape, type NdArray, ndArray, sizeOf } from "../../util/nd-array.ts";
import { broadcastShapes, broadcastTypes } from "../shapes.ts";
import {
  apply,
  defineSingle,
  type Node,
  type Op,
  scalar,
  type Tensor,
  type TensorType,
} from "../tensor.ts";

type Unary = readonly [Tensor];
type Binary = readonly [Tensor, Tensor];
type None = Record<never, never>;
type UnaryOp = Op<Unary, None, Unary>;
type BinaryOp = Op<Binary, None, Unary>;

const same = ([x]: Unary): TensorType => ({ dtype: x.dtype, shape: x.shape });
const foldScalars =
  (f: (a: number, b: number) => number) =>
  ([a, b]: readonly NdArray[], { dtype, shape }: TensorType): NdArray =>
    ndArray(dtype, shape, [f(Number(a?.data[0]), Number(b?.data[0]))]);

// ----- two inputs -----

/** a + b */
const Add: BinaryOp = defineSingle<Binary, None>({
  type: "Add",
  infer: ([a, b]) => broadcastTypes("add", a, b),
  vjp: (g) => [g, g],
  fold: foldScalars((a, b) => a + b),
});

/** a − b */
const Sub: BinaryOp = defineSingle<Binary, None>({
  type: "Sub",
  infer: ([a, b]) => broadcastTypes("subtract", a, b),
  vjp: (g) => [g, neg(g)],
  fold: foldScalars((a, b) => a - b),
});

/** a · b */
const Mul: BinaryOp = defineSingle<Binary, None>({
  type: "Mul",
  infer: ([a, b]) => broadcastTypes("multiply", a, b),
  vjp: (g, _y, [a, b]) => [mul(g, b), mul(g, a)],
  fold: foldScalars((a, b) => a * b),
});

/** a / b */
const Div: BinaryOp = defineSingle<Binary, None>({
  type: "Div",
  infer: ([a, b]) => broadcastTypes("divide", a, b),
  vjp: (g, y, [, b]) => [div(g, b), neg(div(mul(g, y), b))],
  fold: foldScalars((a, b) => a / b),
});

// ----- one input -----

/** −x */
const Neg: UnaryOp = defineSingle<Unary, None>({ type: "Neg", infer: same, vjp: (g) => [neg(g)] });

/** eˣ */
const Exp: UnaryOp = defineSingle<Unary, None>({
  type: "Exp",
  infer: same,
  vjp: (g, y) => [mul(g, y)],
});

/** ln x */
const Log: UnaryOp = defineSingle<Unary, None>({
  type: "Log",
  infer: same,
  vjp: (g, _y, [x]) => [div(g, x)],
});

/** √x; d√x = 1 / (2√x) */
const Sqrt: UnaryOp = defineSingle<Unary, None>({
  type: "Sqrt",
  infer: same,
  vjp: (g, y) => [div(mul(g, scalar(0.5)), y)],
});

/** The error function; d erf(x) = 2/√π · e^(−x²) */
const Erf: UnaryOp = defineSingle<Unary, None>({
  type: "Erf",
  infer: same,
  vjp: (g, _y, [x]) => [mul(g, mul(scalar(2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x)))))],
});

/** max(x, 0); the gradient at 0 is 0, as in PyTorch. */
const Relu: UnaryOp = defineSingle<Unary, None>({
  type: "Relu",
  infer: same,
  vjp: (g, y) => [mul(g, cast(greater(y, scalar(0)), g.dtype))], // twice as fast as Where, which broadcasts slowly
});

/** x above 0, else α·x; the gradient at 0 is α, as in PyTorch. */
const LeakyRelu: Op<Unary, { alpha: number }, Unary> = defineSingle<Unary, { alpha: number }>({
  type: "LeakyRelu",
  attributes: { alpha: "float" },
  infer: same,
  vjp: (g, _y, [x], { alpha }) => {
    const above = cast(greater(x, scalar(0)), g.dtype);
    return [mul(g, add(mul(above, scalar(1 - alpha)), scalar(alpha)))];
  },
});

/** x·Φ(x), exact; d = Φ(x) + x·φ(x), where Φ = ½(1 + erf(x/√2)) and φ = e^(−x²/2)/√(2π) */
const Gelu: UnaryOp = defineSingle<Unary, None>({
  type: "Gelu",
  infer: same,
  vjp: (g, _y, [x]) => {
    const cumulative = add(mul(erf(mul(x, scalar(Math.SQRT1_2))), scalar(0.5)), scalar(0.5));
    const density = mul(exp(mul(mul(x, x), scalar(-0.5))), scalar(1 / Math.sqrt(2 * Math.PI)));
    return [mul(g, add(cumulative, mul(x, density)))];
  },
});

/** σ(x) = 1 / (1 + e⁻ˣ); dσ = σ(1 − σ) */
const Sigmoid: UnaryOp = defineSingle<Unary, None>({
  type: "Sigmoid",
  infer: same,
  vjp: (g, y) => [mul(g, mul(y, sub(scalar(1), y)))],
});

/** ln(1 + eˣ); its derivative is σ(x) */
const Softplus: UnaryOp = defineSingle<Unary, None>({
  type: "Softplus",
  infer: same,
  vjp: (g, _y, [x]) => [mul(g, sigmoid(x))],
});

// ----- conditions: no gradient through the condition -----

/** a > b, as bool */
const Greater: BinaryOp = defineSingle<Binary, None>({
  type: "Greater",
  infer: ([a, b]) => ({ ...broadcastTypes("compare", a, b), dtype: "bool" }),
});

/** a = b, as bool */
const Equal: BinaryOp = defineSingle<Binary, None>({
  type: "Equal",
  infer: ([a, b]) => ({ ...broadcastTypes("compare", a, b), dtype: "bool" }),
});

type Ternary = readonly [Tensor, Tensor, Tensor];

/** a where the condition holds, else b */
const Where: Op<Ternary, None, Unary> = defineSingle<Ternary, None>({
  type: "Where",
  infer: ([condition, a, b]) => {
    const { dtype, shape } = broadcastTypes("choose between", a, b);
    const whole = broadcastShapes(condition.shape, shape);
    if (whole === undefined || condition.dtype !== "bool") {
      throw new ShapeError(
        `Cannot choose by ${describeShape(condition)} between values of shape [${shape.join(",")}]: ` +
          "the condition must be bool and broadcast with them",
      );
    }
    return { dtype, shape: whole };
  },
  vjp: (g, _y, [condition]) => [
    null,
    where(condition, g, scalar(0)),
    where(condition, scalar(0), g),
  ],
});

const ONNX_TYPE: Readonly<Record<DType, number>> = {
  f32: 1,
  u8: 2,
  i32: 6,
  i64: 7,
  bool: 9,
  f64: 11,
};

/** The same numbers as another element type; a gradient flows only between floating types. */
const Cast: Op<Unary, { dtype: DType; to: number }, Unary> = defineSingle<
  Unary,
  { dtype: DType; to: number }
>({
  type: "Cast",
  attributes: { to: "int" },
  infer: ([x], { dtype }) => ({ dtype, shape: x.shape }),
  vjp: (g, _y, [x]) => [x.dtype === "f32" || x.dtype === "f64" ? cast(g, x.dtype) : null],
});

/** The same value, through which no gradient flows. */
const Identity: UnaryOp = defineSingle<Unary, None>({ type: "Identity", infer: same });

/** a + b, broadcast. */
export const add = (a: Tensor, b: Tensor): Tensor => apply(Add, [a, b], {});
/** a − b, broadcast. */
export const sub = (a: Tensor, b: Tensor): Tensor => apply(Sub, [a, b], {});
/** a · b element by element, broadcast. */
export const mul = (a: Tensor, b: Tensor): Tensor => apply(Mul, [a, b], {});
/** a / b, broadcast. */
export const div = (a: Tensor, b: Tensor): Tensor => apply(Div, [a, b], {});
/** −x. */
export const neg = (x: Tensor): Tensor => apply(Neg, [x], {});
/** eˣ. */
export const exp = (x: Tensor): Tensor => apply(Exp, [x], {});
/** ln x. */
export const log = (x: Tensor): Tensor => apply(Log, [x], {});
/** √x. */
export const sqrt = (x: Tensor): Tensor => apply(Sqrt, [x], {});
/** The error function. */
export const erf = (x: Tensor): Tensor => apply(Erf, [x], {});
/** max(x, 0). */
export const relu = (x: Tensor): Tensor => apply(Relu, [x], {});
/** x above 0, else `slope`·x. */
export const leakyRelu = (x: Tensor, { slope }: { readonly slope: number }): Tensor =>
  apply(LeakyRelu, [x], { alpha: slope });
/** The exact (erf) Gaussian error linear unit. */
export const gelu = (x: Tensor): Tensor => apply(Gelu, [x], {});
/** The logistic function σ(x). */
export const sigmoid = (x: Tensor): Tensor => apply(Sigmoid, [x], {});
/** ln(1 + eˣ), which does not overflow. */
export const softplus = (x: Tensor): Tensor => apply(Softplus, [x], {});
/** ln σ(x), which neither underflows nor loses digits: −ln(1 + e⁻ˣ). */
export const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)));
/** a > b, as bool. */
export const greater = (a: Tensor, b: Tensor): Tensor => apply(Greater, [a, b], {});
/** a = b, as bool. */
export const equal = (a: Tensor, b: Tensor): Tensor => apply(Equal, [a, b], {});
/** `a` where `condition` holds, else `b`. */
export const where = (condition: Tensor, a: Tensor, b: Tensor): Tensor =>
  apply(Where, [condition, a, b], {});
/** The same numbers as another element type; the tensor itself when it has that type. */
export const cast = (x: Tensor, dtype: DType): Tensor =>
  x.dtype === dtype ? x : apply(Cast, [x], { dtype, to: ONNX_TYPE[dtype] });
/** The same value, cut off from differentiation. */
export const stopGradient = (x: Tensor): Tensor => apply(Identity, [x], {});

/** Does differentiation end at this node? */
export const isGradientStop = (node: Node): boolean => node.op === (Identity as Op);

/** Is this a constant with one element? Such are folded and simplified by `passes/fold-constants.ts`. */
export const isScalar = (value: NdArray): boolean => sizeOf(value.shape) === 1;
