/**
 * @file Conformance of every operator: inferred types against ONNX Runtime's, its f32 results against the float64 reference
 * interpreter, gradients against finite differences in float64, and the gradient graph in f32 against the interpreter.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gradients } from "../../src/engine/grad.ts";
import { buildGraph, type Graph } from "../../src/engine/graph.ts";
import { Program } from "../../src/engine/index.ts";
import { type Node, type Op, registeredOps, type Tensor } from "../../src/engine/tensor.ts";
import { describeShape } from "../../src/util/nd-array.ts";
import { checkTracedGradients, gradientGraph, weightedSum } from "../check-gradients.ts";
import { assertClose } from "../close.ts";
import { interpret, kernelOf } from "../reference/interpreter.ts";
import { valuesOf } from "../reference/values.ts";
import { asValues, type Traced } from "../trace.ts";
import { type OpCase, opName } from "./op-case.ts";
import { OP_ROWS } from "./ops.cases.ts";

const SEED = 20_231;
/** f32 against f64: a few roundings of 6e-8 each, of numbers around 1. */
const TOLERANCE = 1e-6;
const FLOOR = 0.1;
const DEVICE = { provider: "cpu", threads: 1 };

const named = ({ outputs }: Traced): Graph =>
  buildGraph(new Map(outputs.map((output, i) => [`output${i}`, output])));

/** Runs a graph in ONNX Runtime and in the interpreter; fails unless types are as inferred and values agree. */
async function compareWithRuntime(
  graph: Graph,
  { arrays }: Traced,
  { tolerance = TOLERANCE, verbatim }: { tolerance?: number | undefined; verbatim: boolean },
): Promise<void> {
  await using program = await Program.compile(graph, { ...DEVICE, verbatim });
  const results = await program.run(arrays);
  const expected = interpret(graph, asValues(arrays));
  for (const [name, tensor] of graph.outputs) {
    const [actual, reference] = [results.get(name), expected.get(name)];
    assert.ok(actual && reference);
    assert.equal(describeShape(actual), describeShape(tensor), `type of ${name}`);
    const what = `${name} (seed ${SEED})`;
    const labels = ["f32", "f64"] as const;
    assertClose({
      what,
      actual: valuesOf(actual),
      expected: reference,
      tolerance,
      floor: FLOOR,
      labels,
    });
  }
}

/** The nodes of an operator in a case. */
const nodesOf = (name: string, traced: Traced): readonly Node[] =>
  named(traced).nodes.filter(({ op }) => opName(op) === name);

/** Does a gradient flow back through the operator, out of at least one of its inputs? */
function reachesInputs(op: Op, { trace, forwardOnly }: OpCase): boolean {
  if (forwardOnly !== undefined) return false;
  const traced = trace(SEED);
  const inputs = nodesOf(opName(op), traced).flatMap((node): readonly Tensor[] => node.inputs);
  return gradients(weightedSum(traced.outputs, SEED), inputs).some((gradient) => gradient !== null);
}

describe("the conformance table", () => {
  const defined = [...registeredOps().values()];

  test("has a row for every operator and no other", () => {
    assert.deepEqual(Object.keys(OP_ROWS).sort(), defined.map(opName).sort());
  });

  test("has a gradient case for every operator with a gradient, and a reason for the others", () => {
    for (const op of defined) {
      const { cases = [], noGradient } = OP_ROWS[opName(op)] ?? {};
      const differs = `${opName(op)} and its row disagree on whether it has a gradient`;
      assert.equal(noGradient === undefined, op.vjp !== undefined, differs);
      const covered = noGradient !== undefined || cases.some((each) => reachesInputs(op, each));
      assert.ok(covered, `no case reaches the gradient of ${opName(op)}`);
    }
  });

  test("is matched by a reference kernel for every operator", () => {
    assert.deepEqual(defined.filter((op) => kernelOf(op) === undefined).map(opName), []);
  });
});

for (const [name, { cases, noGradient }] of Object.entries(OP_ROWS)) {
  describe(name, () => {
    for (const each of cases) {
      const traced = each.trace(SEED);

      test(`${each.name}: types and values`, async () => {
        assert.ok(nodesOf(name, traced).length > 0, `the case does not use ${name}`);
        await compareWithRuntime(named(traced), traced, { ...each, verbatim: true });
      });

      if (noGradient !== undefined || each.forwardOnly !== undefined) continue;
      test(`${each.name}: gradient`, async () => {
        checkTracedGradients(traced, { seed: SEED });
        const graph = gradientGraph(traced, SEED);
        if (graph.outputs.size > 0)
          await compareWithRuntime(graph, traced, { ...each, verbatim: false });
      });
    }
  });
}
