/** @file Reverse-mode differentiation: one walk from the loss to the wanted tensors, over the records' vector–Jacobian products. */
import { ShapeError } from "../util/errors.ts";
import { describeShape, sameShape } from "../util/nd-array.ts";
import { topologicalOrder } from "./graph.ts";
import { add, isGradientStop } from "./ops/elementwise.ts";
import { reshape } from "./ops/layout.ts";
import { reduceSum } from "./ops/reduce.ts";
import { broadcastAxes } from "./shapes.ts";
import { type Node, scalar, type Tensor } from "./tensor.ts";

/**
 * The gradient of a scalar with respect to each wanted tensor; null where the scalar does not depend on it.
 *
 * @param seed the cotangent of the loss, 1 when absent; a scalar tensor scales every gradient
 * @throws {TypeError} when an operator on the way has no gradient
 * @throws {ShapeError} when the loss or the seed is not a scalar, or a rule returns a gradient that does not fit its input
 */
export function gradients(
  loss: Tensor,
  wanted: readonly Tensor[],
  seed: Tensor = scalar(1),
): readonly (Tensor | null)[] {
  if (loss.shape.length > 0) {
    throw new ShapeError(`Cannot differentiate ${describeShape(loss)}: a scalar loss is expected`);
  }
  if (seed.shape.length > 0 || seed.dtype !== loss.dtype) {
    throw new ShapeError(
      `Cannot differentiate with the seed ${describeShape(seed)}: a scalar of the loss's type is expected, ${describeShape(loss)}`,
    );
  }
  const order = topologicalOrder([loss]);
  const relevant = nodesThatReach(order, new Set(wanted));
  const cotangents = new Map<Tensor, Tensor>([[loss, seed]]);
  for (const node of order.toReversed()) {
    if (!relevant.has(node)) continue;
    for (const [position, cotangent] of pullBack(node, cotangents).entries()) {
      const input = node.inputs[position];
      if (input === undefined || cotangent === null || !isWanted(input, relevant, wanted)) continue;
      const summed = sumToShape(cotangent, input, node);
      const earlier = cotangents.get(input);
      cotangents.set(input, earlier === undefined ? summed : add(earlier, summed));
    }
  }
  return wanted.map((tensor) => cotangents.get(tensor) ?? null);
}

/** The nodes whose value depends on a wanted tensor: no others are walked, so nothing is computed in vain. */
function nodesThatReach(order: readonly Node[], wanted: ReadonlySet<Tensor>): ReadonlySet<Node> {
  const relevant = new Set<Node>();
  for (const node of order) {
    if (isGradientStop(node)) continue;
    if (node.inputs.some((input) => wanted.has(input) || relevant.has(input.node)))
      relevant.add(node);
  }
  return relevant;
}

const isWanted = (
  tensor: Tensor,
  relevant: ReadonlySet<Node>,
  wanted: readonly Tensor[],
): boolean => relevant.has(tensor.node) || wanted.includes(tensor);

function pullBack(node: Node, cotangents: ReadonlyMap<Tensor, Tensor>): readonly (Tensor | null)[] {
  const arriving = node.outputs.map((output) => cotangents.get(output) ?? null);
  if (arriving.every((g) => g === null)) return [];
  if (node.op.vjp === undefined) {
    throw new TypeError(
      `Cannot differentiate through ${node.op.type}: the operator has no gradient`,
    );
  }
  return node.op.vjp(arriving, node.outputs, node.inputs, node.attrs);
}

/** Undoes broadcasting: the sum of a cotangent over every axis along which `input` was repeated. */
function sumToShape(g: Tensor, input: Tensor, node: Node): Tensor {
  const axes = broadcastAxes(input.shape, g.shape);
  const summed = axes.length === 0 ? g : reduceSum(g, { axes, keepDims: true });
  const kept = summed.shape.slice(Math.max(0, summed.shape.length - input.shape.length));
  if (!sameShape(kept, input.shape) || g.dtype !== input.dtype) {
    throw new ShapeError(
      `internal: ${node.op.type} returned the gradient ${describeShape(g)} for its input ${describeShape(input)}`,
    );
  }
  return reshape(summed, kept);
}
