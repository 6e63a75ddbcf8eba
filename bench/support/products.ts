/**
 * @file The matrix products of a graph: how many floating-point operations they are, and how fast ONNX Runtime does each alone.
 * FLOP of a product [b, M, K] × [b, K, N] = 2·b·M·N·K; of a convolution = 2·B·O·H·W·I·h·w, of a transposed one as much as of that
 * which it turns round. Everything else counts as 0.
 */
import { buildGraph, type Graph } from "../../src/engine/graph.ts";
import type { Device } from "../../src/engine/runtime/device.ts";
import { Program } from "../../src/engine/runtime/program.ts";
import { applyAll, input, type Node, type Tensor } from "../../src/engine/tensor.ts";
import { sizeOf } from "../../src/util/nd-array.ts";

const PRODUCTS: ReadonlySet<string> = new Set([
  "MatMul",
  "FusedMatMul",
  "Gemm",
  "Conv",
  "ConvTranspose",
]);

/** A product and how often it occurs. */
export interface Product {
  readonly node: Node;
  readonly flop: number;
  readonly count: number;
}

function flopOf(node: Node): number {
  const [left, right] = node.inputs;
  const [output] = node.outputs;
  if (left === undefined || right === undefined || output === undefined) return 0;
  if (node.op.type === "Conv") return 2 * sizeOf(output.shape) * sizeOf(right.shape.slice(1));
  if (node.op.type === "ConvTranspose")
    return 2 * sizeOf(left.shape) * sizeOf(right.shape.slice(1));
  const transposed = Number(node.attrs["transA"] ?? 0) === 1;
  const inner = left.shape.at(transposed ? -2 : -1) ?? 0;
  return 2 * sizeOf(output.shape) * inner;
}

/** The distinct products of a graph, by operator, attributes and shapes. */
export function productsOf(graph: Graph): readonly Product[] {
  const found = new Map<string, Product>();
  for (const node of graph.nodes.filter(({ op }) => PRODUCTS.has(op.type))) {
    const shapes = node.inputs.map(({ shape }) => shape.join("x"));
    const key = `${node.op.type} ${JSON.stringify(node.attrs)} ${shapes.join(" ")}`;
    found.set(key, { node, flop: flopOf(node), count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/** Milliseconds of one product alone: the median of `rounds` runs after a warm-up. */
export async function timeProduct(
  { node }: Product,
  device: Device,
  rounds: number,
): Promise<number> {
  const inputs = node.inputs.map(({ dtype, shape }, i): Tensor => input(`x${i}`, dtype, shape));
  const [output] = applyAll(node.op, inputs, node.attrs);
  if (output === undefined) return 0;
  await using program = await Program.compile(buildGraph({ y: output }), device);
  const feeds = new Map(
    inputs.map(({ shape }, i) => {
      const data = Float32Array.from(
        { length: sizeOf(shape) },
        (_, j) => ((j * 7) % 13) / 13 - 0.5,
      );
      return [`x${i}`, { dtype: "f32" as const, shape, data }];
    }),
  );
  const into = new Map([
    [
      "y",
      { dtype: "f32" as const, shape: output.shape, data: new Float32Array(sizeOf(output.shape)) },
    ],
  ]);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    await program.run(feeds, into);
    if (round > 0) times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
}
