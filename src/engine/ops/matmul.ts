/** @file Matrix products. Gradients are written with transposes; `passes/fuse-transposes.ts` absorbs them. */
import { ShapeError } from "../../util/errors.ts";
import { describeShape, sizeOf } from "../../util/nd-array.ts";
import { broadcastShapes } from "../shapes.ts";
import {
  apply,
  defineSingle,
  type Op,
  requireRank,
  type Tensor,
  type TensorType,
} from "../tensor.ts";
import { reshape, transposeLast } from "./layout.ts";

type Unary = readonly [Tensor];
type Binary = readonly [Tensor, Tensor];
type None = Record<never, never>;

function productType(a: Tensor, b: Tensor, transA = false, transB = false): TensorType {
  const [aRows, aColumns] = lastTwo(a, transA);
  const [bRows, bColumns] = lastTwo(b, transB);
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.shape.length < 2 || b.shape.length < 2 || lead === undefined || a.dtype !== b.dtype) {
    throw new ShapeError(`Cannot multiply matrices ${describeShape(a)} and ${describeShape(b)}`);
  }
  if (aColumns !== bRows) {
    throw new ShapeError(
      `Cannot multiply ${describeShape(a)} by ${describeShape(b)}: inner dimensions are ${aColumns} and ${bRows}`,
    );
  }
  return { dtype: a.dtype, shape: [...lead, aRows, bColumns] };
}

function lastTwo({ shape }: Tensor, transposed: boolean): readonly [number, number] {
  const [rows, columns] = [shape.at(-2) ?? 0, shape.at(-1) ?? 0];
  return transposed ? [columns, rows] : [rows, columns];
}

const flattenRows = (x: Tensor): Tensor =>
  reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) ?? 0]);

/** C = A·B over the last two axes, leading axes broadcast. dA = G·Bᵀ, dB = Aᵀ·G */
const MatMul: Op<Binary, None, Unary> = defineSingle<Binary, None>({
  type: "MatMul",
  infer: ([a, b]) => productType(a, b),
  vjp: (g, _y, [a, b]) => {
    const db =
      b.shape.length === 2 // one product over all rows, instead of one a batch and a sum
        ? matmul(transposeLast(flattenRows(a)), flattenRows(g))
        : matmul(transposeLast(a), g);
    return [matmul(g, transposeLast(b)), db];
  },
});

type Fused = { readonly transA: number; readonly transB: number; readonly alpha: number };

/** α·A·B with either operand transposed: what the fusing pass makes of MatMul, Transpose and Mul. */
const FusedMatMul: Op<Binary, Fused, Unary> = defineSingle<Binary, Fused>({
  type: "FusedMatMul",
  domain: "com.microsoft",
  attributes: { transA: "int", transB: "int", alpha: "float" },
  infer: ([a, b], { transA, transB }) => productType(a, b, transA === 1, transB === 1),
});

type GemmInputs = readonly [Tensor, Tensor, Tensor];
type GemmAttrs = { readonly transA: number; readonly transB: number };

/** Y = A'·B' + c for matrices, where ' may transpose. dA' = G·B'ᵀ, dB' = A'ᵀ·G, dc = G */
const Gemm: Op<GemmInputs, GemmAttrs, Unary> = defineSingle<GemmInputs, GemmAttrs>({
  type: "Gemm",
  attributes: { transA: "int", transB: "int" },
  infer: ([a, b, c], { transA, transB }) => {
    requireRank(a, 2, "use as left operand of Gemm");
    requireRank(b, 2, "use as right operand of Gemm");
    const type = productType(a, b, transA === 1, transB === 1);
    if (broadcastShapes(c.shape, type.shape)?.join() !== type.shape.join()) {
      throw new ShapeError(`Cannot add bias ${describeShape(c)} to ${describeShape(type)}`);
    }
    return type;
  },
  vjp: (g, _y, [a, b], { transA, transB }) => {
    const left = transA === 1 ? a : transposeLast(a); // A'ᵀ
    const right = transB === 1 ? b : transposeLast(b); // B'ᵀ
    return [
      transA === 1 ? matmul(transposeLast(right), transposeLast(g)) : matmul(g, right),
      transB === 1 ? matmul(transposeLast(g), transposeLast(left)) : matmul(left, g),
      g,
    ];
  },
});

/** A·B over the last two axes; leading axes broadcast. */
export const matmul = (a: Tensor, b: Tensor): Tensor => apply(MatMul, [a, b], {});

/** α·A'·B' in one operator of ONNX Runtime's own domain; for passes only. */
export const fusedMatmul = (a: Tensor, b: Tensor, attrs: Fused): Tensor =>
  apply(FusedMatMul, [a, b], attrs);

/** x·Wᵀ + b for a matrix x [R, in], a weight W [out, in] and a bias b [out]. */
export const gemm = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  apply(Gemm, [x, weight, bias], { transA: 0, transB: 1 });
