/** @file Pass: element-wise operators broadcast by themselves, so an `Expand` before one is dropped where the result keeps its shape. */
import { sameShape } from "../../util/nd-array.ts";
import type { Graph } from "../graph.ts";
import { broadcastShapes } from "../shapes.ts";
import { applyAll, type Tensor } from "../tensor.ts";
import { rewrite } from "./rewrite.ts";

const BROADCASTING: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Where"]);

const sourceOf = (tensor: Tensor): Tensor =>
  tensor.node.op.type === "Expand" ? (tensor.node.inputs[0] ?? tensor) : tensor;

function resultShape(inputs: readonly Tensor[]): readonly number[] | undefined {
  return inputs.reduce<readonly number[] | undefined>(
    (shape, input) => shape && broadcastShapes(shape, input.shape),
    [],
  );
}

/** Drops needless `Expand`s, from the last operand to the first, keeping at least one operand of full size. */
export function dropExpands(graph: Graph): Graph {
  return rewrite(graph, ({ node, inputs }) => {
    const shape = node.outputs[0]?.shape ?? [];
    if (!BROADCASTING.has(node.op.type)) return undefined;
    let current = inputs;
    for (let position = inputs.length - 1; position >= 0; position--) {
      const shorter = current.map((input, i) => (i === position ? sourceOf(input) : input));
      const result = resultShape(shorter);
      if (result !== undefined && sameShape(result, shape)) current = shorter;
    }
    return current.every((input, i) => input === inputs[i])
      ? undefined
      : applyAll(node.op, current, node.attrs);
  });
}
