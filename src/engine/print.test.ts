import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matchGolden } from "../../test/golden.ts";
import { ndArray } from "../util/nd-array.ts";
import { gradients } from "./grad.ts";
import { buildGraph } from "./graph.ts";
import { conv2d } from "./ops/conv.ts";
import { add, gelu, mul } from "./ops/elementwise.ts";
import { gatherRows } from "./ops/gather.ts";
import { split, transposeLast } from "./ops/layout.ts";
import { gemm, matmul } from "./ops/matmul.ts";
import { layerNormalization } from "./ops/normalize.ts";
import { reduceMean, reduceSum, softmax } from "./ops/reduce.ts";
import { optimizeForRuntime, simplify } from "./passes/optimize.ts";
import { printGraph } from "./print.ts";
import { constant, input, scalar, type Tensor } from "./tensor.ts";

const f32 = (name: string, ...shape: number[]): Tensor => input(name, "f32", shape);

/** A loss and its gradients as text: as they are written, for any runtime, and for ONNX Runtime. */
function printTraining(loss: Tensor, wanted: Readonly<Record<string, Tensor>>): string {
  const found = gradients(loss, Object.values(wanted));
  const named = Object.keys(wanted).flatMap((name, i) => {
    const gradient = found[i];
    return gradient ? [[`grad/${name}`, gradient] as const] : [];
  });
  const graph = buildGraph(new Map([["loss", loss], ...named]));
  return [
    "# as written\n",
    printGraph(graph),
    "\n# simplified\n",
    printGraph(simplify(graph)),
    "\n# for ONNX Runtime\n",
    printGraph(optimizeForRuntime(graph)),
  ].join("");
}

describe("printGraph()", () => {
  test("shows inputs, small constants in place, attributes and every output", () => {
    const x = f32("x", 2, 5);
    const [first = x, second = x] = split(add(x, scalar(1)), [2, 3], 1);
    const table = constant(ndArray("f32", [5], [1, 2, 3, 4, 5]));
    const graph = buildGraph({ first, rest: mul(second, scalar(-0.5)), table });
    assert.equal(
      printGraph(graph),
      [
        "input x:f32[2,5]",
        "%0:f32[2,5] = Add x [1]",
        "%1:f32[2,2] %2:f32[2,3] = Split sizes=[2,3] axis=1 %0",
        "%3:f32[2,3] = Mul %2 [-0.5]",
        "%4:f32[5] = Constant",
        "output first = %1",
        "output rest = %3",
        "output table = %4",
        "",
      ].join("\n"),
    );
  });
});

describe("printed training graphs", () => {
  test("of a perceptron", () => {
    const [x, w1, b1] = [f32("x", 8, 4), f32("w1", 6, 4), f32("b1", 6)];
    const [w2, b2] = [f32("w2", 3, 6), f32("b2", 3)];
    const loss = reduceMean(gemm(gelu(gemm(x, w1, b1)), w2, b2));
    matchGolden("perceptron.txt", printTraining(loss, { w1, b1, w2, b2 }));
  });

  test("of an attention head behind a normalisation", () => {
    const [x, scale, bias] = [f32("x", 2, 5, 4), f32("scale", 4), f32("bias", 4)];
    const [wq, wk, wv] = [f32("wq", 4, 4), f32("wk", 4, 4), f32("wv", 4, 4)];
    const normal = layerNormalization(x, scale, bias, { epsilon: 1e-6 });
    const scores = mul(matmul(matmul(normal, wq), transposeLast(matmul(normal, wk))), scalar(0.5));
    const loss = reduceSum(add(x, matmul(softmax(scores), matmul(normal, wv))));
    matchGolden("attention.txt", printTraining(loss, { x, scale, bias, wq, wk, wv }));
  });

  test("of an embedding that is also the output layer", () => {
    const table = f32("table", 7, 4);
    const ids = input("ids", "i64", [2, 3]);
    const hidden = gelu(gatherRows(table, ids, { paddingIndex: 0 }));
    const loss = reduceSum(matmul(hidden, transposeLast(table)));
    matchGolden("tied-embedding.txt", printTraining(loss, { table }));
  });

  test("of a convolution", () => {
    const [x, weight, bias] = [f32("x", 2, 3, 6, 6), f32("weight", 4, 3, 1, 2), f32("bias", 4)];
    const loss = reduceSum(conv2d(x, weight, bias, { padding: 1 }));
    matchGolden("convolution.txt", printTraining(loss, { x, weight, bias }));
  });
});
