/** @file Pass: a Reshape of a Reshape is one Reshape, a Transpose of a Transpose is one Transpose or none. */
import { sameShape } from "../../util/nd-array.ts";
import type { Graph } from "../graph.ts";
import { reshape, transpose } from "../ops/layout.ts";
import type { Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

const permOf = (tensor: Tensor): readonly number[] =>
  tensor.node.attrs["perm"] as readonly number[];

function mergeReshape(inner: Tensor, shape: readonly number[]): Tensor | undefined {
  const source = inner.node.op.type === "Reshape" ? inner.node.inputs[0] : inner;
  if (source === undefined || (source === inner && !sameShape(inner.shape, shape)))
    return undefined;
  return reshape(source, shape);
}

function mergeTranspose(inner: Tensor, perm: readonly number[]): Tensor | undefined {
  const [source] = inner.node.inputs;
  if (inner.node.op.type !== "Transpose" || source === undefined) return undefined;
  const merged = perm.map((axis) => permOf(inner)[axis] ?? axis);
  return merged.every((axis, i) => axis === i) ? source : transpose(source, merged);
}

/** Merges neighbouring reshapes and transposes. */
export function mergeLayouts(graph: Graph): Graph {
  return rewrite(graph, ({ node, inputs: [inner] }) => {
    const [output] = node.outputs;
    if (inner === undefined || output === undefined) return undefined;
    const merged =
      node.op.type === "Reshape"
        ? mergeReshape(inner, output.shape)
        : node.op.type === "Transpose"
          ? mergeTranspose(inner, permOf(output))
          : undefined;
    return merged && [merged];
  });
}
