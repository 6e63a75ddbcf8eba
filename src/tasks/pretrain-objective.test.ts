import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NANO } from "../../test/nano-model.ts";
import { gradients } from "../engine/grad.ts";
import { buildGraph, type Graph } from "../engine/graph.ts";
import { writingOrder } from "../engine/onnx/writing-order.ts";
import { log, neg } from "../engine/ops/elementwise.ts";
import { pickInRows } from "../engine/ops/gather.ts";
import { matmul } from "../engine/ops/matmul.ts";
import { reduceMean, softmax } from "../engine/ops/reduce.ts";
import { optimizeForRuntime } from "../engine/passes/optimize.ts";
import { input, type Node, type Tensor } from "../engine/tensor.ts";
import { sizeOf } from "../util/nd-array.ts";
import { pretrainObjective } from "./pretrain-objective.ts";

/** Operators that ONNX Runtime lets write over an input of the output's size that nothing else needs any more. */
const IN_PLACE = ["Sub", "Exp", "Mul", "Add", "Div", "Softmax", "ScatterElements"];
/** Operators whose output is their input, seen in another shape. */
const VIEWS = ["Reshape"];

/** Post-order from what nothing reads, the last of the file first: how ONNX Runtime's executor orders nodes. */
function executionOrder(graph: Graph): readonly Node[] {
  const written = writingOrder(graph);
  const place = new Map(written.map((node, i) => [node, i]));
  const read = new Set(written.flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  const order: Node[] = [];
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node) || !place.has(node)) return;
    seen.add(node);
    const before = node.inputs.map((tensor) => tensor.node);
    before.sort((a, b) => (place.get(b) ?? 0) - (place.get(a) ?? 0));
    for (const each of before) visit(each);
    order.push(node);
  };
  for (const node of written.toReversed()) if (!read.has(node)) visit(node);
  return order;
}

/** The most buffers of `size` elements that live at once when the graph is run. */
function mostAlive(graph: Graph, size: number): number {
  const order = executionOrder(graph);
  const buffer = new Map<Tensor, Tensor>(); // by tensor, the one whose memory it uses
  const lastUse = new Map<Tensor, number>();
  const ofSize = (tensor: Tensor): boolean => sizeOf(tensor.shape) === size;
  for (const [
    time,
    {
      op,
      inputs,
      outputs: [output],
    },
  ] of order.entries()) {
    const used = inputs.map((tensor) => buffer.get(tensor) ?? tensor);
    for (const each of used) lastUse.set(each, time);
    if (output !== undefined && VIEWS.includes(op.type)) buffer.set(output, used[0] ?? output);
  }
  const alive = new Set<Tensor>();
  let most = 0;
  for (const [time, { op, inputs, outputs }] of order.entries()) {
    const own = (tensor: Tensor): Tensor => buffer.get(tensor) ?? tensor;
    const dying = inputs.map(own).filter((each) => alive.has(each) && lastUse.get(each) === time);
    const [reused] = IN_PLACE.includes(op.type) ? dying : [];
    if (reused !== undefined) alive.delete(reused);
    for (const output of outputs) {
      if (ofSize(output) && own(output) === output) alive.add(output);
    }
    most = Math.max(most, alive.size);
    for (const each of dying) alive.delete(each);
  }
  return most;
}

const SIZES = { batch: 2, tokens: 6, kept: 2 };
// No other tensor of the model has as many elements.
const LOGITS = SIZES.batch * SIZES.tokens * 997;

describe("pretrainObjective()", () => {
  test("trains and reports all losses, with a mask for every dropout", () => {
    const config = { ...NANO, dropout: 0.1, attentionDropout: 0.1 };
    const { objective, fixed, masks } = pretrainObjective(config, SIZES);
    assert.deepEqual(Object.keys(objective.parts), ["mim", "res", "mlm"]);
    assert.deepEqual(fixed.map(({ name }) => name).toSorted(), [
      "bert_encoder.model.bert.pooler.dense.bias",
      "bert_encoder.model.bert.pooler.dense.weight",
      "decoder_pos_embed",
      "pos_embed",
    ]);
    assert.equal(masks.length, 9);
  });

  test("never holds three tensors of the size of the logits", () => {
    const { objective, gradients: found } = pretrainObjective({ ...NANO, vocab: 997 }, SIZES);
    const outputs = [...Object.entries(objective.parts), ...found].map(
      ([name, tensor]) => [`out/${name}`, tensor] as const,
    );
    const graph = optimizeForRuntime(buildGraph(new Map(outputs)));
    const most = mostAlive(graph, LOGITS);
    assert.ok(most === 1 || most === 2, `${most} are alive at once`);
  });
});

test("mostAlive() counts what a softmax and a logarithm apart would hold", () => {
  const rows = SIZES.batch * SIZES.tokens;
  const [x, w] = [input("x", "f32", [rows, 8]), input("w", "f32", [8, 997])];
  const shares = softmax(matmul(x, w));
  const loss = reduceMean(neg(pickInRows(log(shares), input("labels", "i64", [rows, 1]))));
  const [dx, dw] = gradients(loss, [x, w]);
  assert.ok(dx && dw);
  assert.ok(mostAlive(buildGraph({ loss, dx, dw }), LOGITS) > 2);
});
