/**
 * @file Pass: MatMul absorbs transposes of its operands and a scalar factor on its result, as `FusedMatMul`.
 * 1. MatMul(Transpose(a), b), MatMul(a, Transpose(b)) → FusedMatMul(a, b, transA / transB), where the last two axes are exchanged
 * 2. Mul(MatMul(a, b), constant) → FusedMatMul(a, b, alpha), where nothing else reads the product
 * ONNX Runtime's own operator: for running on a device, never in an exported model.
 */
import type { Graph } from "../graph.ts";
import { fusedMatmul } from "../ops/matmul.ts";
import { constantValue, type Tensor } from "../tensor.ts";
import { type Rule, rewrite, type Site } from "./rewrite.ts";

/** The source of a transpose of the last two axes. */
function untransposed(tensor: Tensor): Tensor | undefined {
  const perm = tensor.node.attrs["perm"];
  const [source] = tensor.node.inputs;
  if (tensor.node.op.type !== "Transpose" || !Array.isArray(perm)) return undefined;
  const rank = perm.length;
  const exchanged = perm.map((_, axis) =>
    axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis,
  );
  return perm.every((axis, i) => axis === exchanged[i]) ? source : undefined;
}

const absorbTransposes: Rule = ({ node, inputs: [a, b] }) => {
  if (node.op.type !== "MatMul" || a === undefined || b === undefined) return undefined;
  const [left, right] = [untransposed(a), untransposed(b)];
  if (left === undefined && right === undefined) return undefined;
  return [
    fusedMatmul(left ?? a, right ?? b, {
      transA: left === undefined ? 0 : 1,
      transB: right === undefined ? 0 : 1,
      alpha: 1,
    }),
  ];
};

function scaleProduct(product: Tensor, factor: number): readonly Tensor[] | undefined {
  const { op, inputs, attrs } = product.node;
  const [a, b] = inputs;
  if (a === undefined || b === undefined) return undefined;
  if (op.type === "MatMul") return [fusedMatmul(a, b, { transA: 0, transB: 0, alpha: factor })];
  if (op.type !== "FusedMatMul") return undefined;
  const alpha = Number(attrs["alpha"]) * factor;
  return [
    fusedMatmul(a, b, { transA: Number(attrs["transA"]), transB: Number(attrs["transB"]), alpha }),
  ];
}

function absorbFactor({ node, inputs, usesOfInput }: Site): readonly Tensor[] | undefined {
  if (node.op.type !== "Mul") return undefined;
  for (const position of [0, 1]) {
    const [product, factor] = [inputs[position], inputs[1 - position]];
    const value = factor && constantValue(factor);
    if (product === undefined || value === undefined || value.shape.length > 0) continue;
    if (usesOfInput(position) !== 1) continue;
    const fused = scaleProduct(product, Number(value.data[0]));
    if (fused !== undefined) return fused;
  }
  return undefined;
}

/** Fuses transposes and scalar factors into matrix products. */
export function fuseTransposes(graph: Graph): Graph {
  return rewrite(graph, (site) => absorbTransposes(site) ?? absorbFactor(site));
}
