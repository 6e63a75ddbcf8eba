import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { gradientGraph } from "../../../test/check-gradients.ts";
import { checkPass } from "../../../test/check-pass.ts";
import { assertClose } from "../../../test/close.ts";
import { drawAll, indices, normal } from "../../../test/draw.ts";
import { instructionLists, randomGraph } from "../../../test/random-graph.ts";
import { interpret } from "../../../test/reference/interpreter.ts";
import { valuesOf } from "../../../test/reference/values.ts";
import { asValues, trace } from "../../../test/trace.ts";
import type { Graph } from "../graph.ts";
import { add, gelu, mul } from "../ops/elementwise.ts";
import { gatherRows } from "../ops/gather.ts";
import { transposeLast } from "../ops/layout.ts";
import { matmul } from "../ops/matmul.ts";
import { layerNormalization } from "../ops/normalize.ts";
import { reduceLogSumExp, softmax } from "../ops/reduce.ts";
import { printGraph } from "../print.ts";
import { Program } from "../runtime/program.ts";
import { scalar } from "../tensor.ts";
import { optimizeForRuntime, simplify } from "./optimize.ts";

const domains = ({ nodes }: Graph): ReadonlySet<string> =>
  new Set(nodes.map(({ op }) => op.domain ?? ""));

/** The gradient graph of a small transformer block over an embedding. */
const block = trace(
  ({ table, ids, scale, bias, query, key, up }) => {
    const x = gatherRows(table, ids, { paddingIndex: 0 }); // [2, 3, 4]
    const normalized = layerNormalization(x, scale, bias, { epsilon: 1e-6 });
    const keys = transposeLast(matmul(normalized, key));
    const scores = mul(matmul(matmul(normalized, query), keys), scalar(0.5));
    const hidden = add(x, matmul(softmax(scores), normalized));
    const logits = matmul(gelu(matmul(hidden, up)), transposeLast(table));
    return reduceLogSumExp(logits, { axes: [-1] });
  },
  drawAll(
    {
      table: normal(5, 4),
      ids: indices(5, 2, 3),
      scale: normal(4),
      bias: normal(4),
      query: normal(4, 4),
      key: normal(4, 4),
      up: normal(4, 4),
    },
    1,
  ),
);

describe("simplify()", () => {
  test("keeps the value of random graphs", () => {
    checkPass(simplify);
  });

  test("uses standard operators only", () => {
    assert.deepEqual(domains(simplify(gradientGraph(block, 1))), new Set([""]));
  });

  test("changes nothing when run again", () => {
    const once = simplify(gradientGraph(block, 1));
    assert.equal(printGraph(simplify(once)), printGraph(once));
  });
});

describe("optimizeForRuntime()", () => {
  test("keeps the value of random graphs", () => {
    checkPass(optimizeForRuntime);
  });

  test("keeps the gradients of a transformer block, with fewer nodes", () => {
    const graph = gradientGraph(block, 1);
    const optimized = optimizeForRuntime(graph);
    assert.ok(optimized.nodes.length < graph.nodes.length);
    const expected = interpret(graph, asValues(block.arrays));
    for (const [name, actual] of interpret(optimized, asValues(block.arrays))) {
      // Folded constants are rounded to f32 once more.
      assertClose({ what: name, actual, expected: expected.get(name) ?? actual, tolerance: 1e-7 });
    }
  });

  test("leaves no product whose operand is transposed before it", () => {
    const { nodes } = optimizeForRuntime(gradientGraph(block, 1));
    const products = nodes.filter(({ op }) => op.type.endsWith("MatMul"));
    const operands = products.flatMap(({ inputs }) => inputs.map(({ node }) => node.op.type));
    assert.ok(products.length > 0 && !operands.includes("Transpose"));
  });

  test("computes in ONNX Runtime what the graph says, on random graphs", async () => {
    const property = fc.asyncProperty(instructionLists, async (instructions) => {
      const { graph, arrays } = randomGraph(instructions, 1);
      const expected = interpret(graph, asValues(arrays));
      await using program = await Program.compile(graph, { provider: "cpu", threads: 1 });
      for (const [name, actual] of await program.run(arrays)) {
        assertClose({
          what: `${name} of\n${printGraph(graph)}`,
          actual: valuesOf(actual),
          expected: expected.get(name) ?? valuesOf(actual),
          tolerance: 1e-5,
        });
      }
    });
    await fc.assert(property, { seed: 1, numRuns: 60 });
  });
});
