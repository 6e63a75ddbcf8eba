/**
 * @file The gradient of a function: build a graph of tensors, differentiate it, run both on the CPU.
 *
 * Run: node --import tsx examples/01-gradient.ts
 */
import assert from "node:assert/strict";
import {
  buildGraph,
  exp,
  gradients,
  input,
  mul,
  openDevice,
  Program,
  reduceSum,
} from "../src/engine/index.ts"; // in a project of your own: from "ecamp/engine"

// f(x) = Σ x·eˣ, for four numbers at once. Nothing is computed yet: these are nodes of a graph.
const x = input("x", "f32", [4]);
const f = reduceSum(mul(x, exp(x)), { axes: [0] });

// Its gradient is a graph of the same kind of nodes: f'(x) = (1 + x)·eˣ.
const [gradient] = gradients(f, [x]);
assert.ok(gradient);

// ONNX Runtime compiles and runs them.
const graph = buildGraph({ f, gradient });
await using program = await Program.compile(graph, openDevice({ threads: 1 }));
const at = Float32Array.of(-1, 0, 1, 2);
const results = await program.run(new Map([["x", { dtype: "f32", shape: [4], data: at }]]));

const computed = Float32Array.from(results.get("gradient")?.data as Float32Array);
const expected = Float32Array.from(at, (value) => (1 + value) * Math.exp(value));
console.log("f(x)      ", results.get("f")?.data[0]);
console.log("gradient  ", computed);
console.log("(1 + x)·eˣ", expected);
for (const [i, value] of expected.entries()) {
  assert.ok(Math.abs((computed[i] ?? Number.NaN) - value) < 1e-5, `element ${i}`);
}
