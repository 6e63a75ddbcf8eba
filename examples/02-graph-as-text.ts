/**
 * @file What a layer and its gradient look like as graphs of standard ONNX operators, printed one node a line.
 *
 * Run: node --import tsx examples/02-graph-as-text.ts
 */
import assert from "node:assert/strict";
import {
  buildGraph,
  gradients,
  input,
  printGraph,
  reduceMean,
  relu,
  simplify,
} from "../src/engine/index.ts";
import { linear, Scope, Trace } from "../src/nn/index.ts"; // from "ecamp/nn"

// A layer is a function of a scope and a tensor; the scope's path becomes the name of its parameters.
const trace = new Trace();
const x = input("x", "f32", [8, 16]); // [batch, features]
const y = relu(linear(new Scope(trace, "head"), x, 4)); // [8, 4]
console.log("# forward\n");
console.log(printGraph(buildGraph({ y })));

const parameters = [...trace.parameters.values()];
console.log("\n# its parameters\n");
for (const { name, shape } of parameters) console.log(`${name} [${shape.join(", ")}]`);
assert.deepEqual([...trace.parameters.keys()], ["head.weight", "head.bias"]);

const loss = reduceMean(y, { axes: [0, 1] });
const found = gradients(
  loss,
  parameters.map(({ tensor }) => tensor),
);
const outputs = new Map(
  found.flatMap((gradient, i) =>
    gradient === null ? [] : [[`gradient/${parameters[i]?.name}`, gradient] as const],
  ),
);
console.log("\n# the gradient of its mean, simplified\n");
console.log(printGraph(simplify(buildGraph(outputs))));
assert.equal(outputs.size, 2);
