/**
 * @file Pass: adding a scatter-add into zeros to a tensor is scatter-adding into that tensor.
 * Add(x, ScatterElements(0, i, u)) → ScatterElements(x, i, u), where nothing else reads the scatter: one tensor of the size of
 * `x` less, which for the gradient of the logits is hundreds of megabytes.
 */
import { sameShape } from "../../util/nd-array.ts";
import type { Graph } from "../graph.ts";
import { applyAll, constantValue, type Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

function isZeros(tensor: Tensor | undefined): boolean {
  const source = tensor?.node.op.type === "Expand" ? tensor.node.inputs[0] : tensor;
  const value = source && constantValue(source);
  return value?.data.length === 1 && Number(value.data[0]) === 0;
}

/** Fuses additions with scatters into zeros. */
export function fuseScatterAdd(graph: Graph): Graph {
  return rewrite(graph, ({ node, inputs, usesOfInput }) => {
    if (node.op.type !== "Add") return undefined;
    for (const position of [0, 1]) {
      const [scatter, base] = [inputs[position], inputs[1 - position]];
      if (base === undefined || scatter?.node.op.type !== "ScatterElements") continue;
      const [zeros, indices, updates] = scatter.node.inputs;
      const fits =
        isZeros(zeros) && sameShape(base.shape, scatter.shape) && usesOfInput(position) === 1;
      if (!fits || indices === undefined || updates === undefined) continue;
      return applyAll(scatter.node.op, [base, indices, updates], scatter.node.attrs);
    }
    return undefined;
  });
}
