import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  AttributeProto_AttributeType as AttributeKind,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
} from "onnx-buf";
import { instructionLists, randomGraph } from "../../../test/random-graph.ts";
import { ndArray } from "../../util/nd-array.ts";
import { gradients } from "../grad.ts";
import { buildGraph, type Graph } from "../graph.ts";
import { add, cast, neg } from "../ops/elementwise.ts";
import { scatterAddRows } from "../ops/gather.ts";
import { reshape, split, transpose } from "../ops/layout.ts";
import { fusedMatmul, gemm } from "../ops/matmul.ts";
import { layerNormalization } from "../ops/normalize.ts";
import { reduceSum } from "../ops/reduce.ts";
import { optimizeForRuntime } from "../passes/optimize.ts";
import { constant, input, scalar, type Tensor } from "../tensor.ts";
import { emitOnnx } from "./emit-onnx.ts";

function parse(graph: Graph): { readonly model: ModelProto; readonly body: GraphProto } {
  const model = fromBinary(ModelProtoSchema, emitOnnx(graph));
  assert.ok(model.graph);
  return { model, body: model.graph };
}

/** The emitted graph, a line a node. */
const lines = ({ node }: GraphProto): readonly string[] =>
  node.map(
    ({ opType, input: from, output }) => `${output.join(" ")} = ${opType} ${from.join(" ")}`,
  );

/** Fails unless every name is defined once, before it is read, and every output is defined. */
function assertWellFormed({ input: inputs, initializer, node, output }: GraphProto): void {
  const defined = new Set<string>();
  const define = (name: string): void => {
    assert.ok(name !== "" && !defined.has(name), `"${name}" is defined twice`);
    defined.add(name);
  };
  for (const { name } of [...inputs, ...initializer]) define(name);
  for (const each of node) {
    for (const name of each.input) assert.ok(defined.has(name), `"${name}" is read too early`);
    each.output.forEach(define);
  }
  const results = new Set(node.flatMap((each) => each.output));
  for (const { name } of output) assert.ok(results.has(name), `"${name}" is no node's result`);
}

const x = input("x", "f32", [2, 3]);

describe("emitOnnx() writes", () => {
  test("inputs and outputs with their types, in order", () => {
    const ids = input("ids", "i64", []);
    const { body } = parse(buildGraph({ whole: cast(x, "bool"), id: neg(ids) }));
    const types = [...body.input, ...body.output].map(({ name, type }) => {
      assert.ok(type?.value.case === "tensorType");
      const { elemType, shape } = type.value.value;
      return [name, elemType, shape?.dim.map(({ value }) => Number(value.value))];
    });
    assert.deepEqual(types, [
      ["x", DataType.FLOAT, [2, 3]],
      ["ids", DataType.INT64, []],
      ["whole", DataType.BOOL, [2, 3]],
      ["id", DataType.INT64, []],
    ]);
  });

  test("attributes of every kind, and none that only the engine reads", () => {
    const [weight, bias] = [input("weight", "f32", [3, 3]), input("bias", "f32", [3])];
    const rows = input("rows", "i64", [1, 1]);
    const normal = layerNormalization(x, bias, bias, { epsilon: 1e-6 });
    const product = gemm(normal, weight, bias);
    const updates = split(transpose(transpose(product, [1, 0]), [1, 0]), [1, 1], 0);
    const y = scatterAddRows(product, rows, updates[0] ?? product);
    const { body } = parse(buildGraph({ y }));
    const attributes = body.node.map(({ opType, attribute }) => [
      opType,
      Object.fromEntries(
        attribute.map(({ name, type, i, f, ints, s }) => {
          if (type === AttributeKind.INT) return [name, Number(i)];
          if (type === AttributeKind.INTS) return [name, ints.map(Number)];
          if (type === AttributeKind.FLOAT) return [name, f];
          return [name, new TextDecoder().decode(s)];
        }),
      ),
    ]);
    assert.deepEqual(attributes, [
      ["LayerNormalization", { axis: -1, epsilon: Math.fround(1e-6) }],
      ["Gemm", { transA: 0, transB: 1 }],
      ["Expand", {}],
      ["Transpose", { perm: [1, 0] }],
      ["Transpose", { perm: [1, 0] }],
      ["Split", { axis: 0 }],
      ["ScatterElements", { axis: 0, reduction: "add" }],
    ]);
  });

  test("constants and operands as initialisers, equal operands once", () => {
    const table = constant(ndArray("f32", [2], [1.5, -2]));
    const y = add(reshape(reshape(x, [6]), [3, 2]), table);
    const { body } = parse(buildGraph({ y, z: reshape(neg(x), [3, 2]) }));
    const values = body.initializer.map(({ name, dataType, dims, rawData }) => {
      const { buffer } = Uint8Array.from(rawData);
      const read =
        dataType === DataType.FLOAT ? new Float32Array(buffer) : new BigInt64Array(buffer);
      return [name.replace(/\d+/, "#"), dims.map(Number), [...read].map(Number)];
    });
    assert.deepEqual(values, [
      ["Constant_#", [2], [1.5, -2]],
      ["operand_#", [1], [6]],
      ["operand_#", [2], [3, 2]],
    ]);
    const shapes = body.node
      .filter(({ opType }) => opType === "Reshape")
      .map((each) => each.input[1]);
    assert.equal(shapes[1], shapes[2]);
  });

  test("every output of a node, also those that nothing reads", () => {
    const [first = x] = split(x, [1, 2], 1);
    const { body } = parse(buildGraph({ first }));
    assert.equal(body.node[0]?.output.length, 2);
    assert.equal(body.node[0]?.output[0], "first");
  });

  test("an Identity for an output that is an input, a constant or has a second name", () => {
    const y = neg(x);
    const graph = buildGraph({ y, again: y, copy: x, one: scalar(1) });
    const { body } = parse(graph);
    assertWellFormed(body);
    assert.deepEqual(lines(body), [
      "y = Neg x",
      "again = Identity y",
      "copy = Identity x",
      "one = Identity Constant_0",
    ]);
  });

  test("the operator sets that are used, and no other", () => {
    const sets = (graph: Graph): readonly string[] =>
      parse(graph).model.opsetImport.map(({ domain, version }) => `${domain}:${version}`);
    const fused = fusedMatmul(x, x, { transA: 0, transB: 1, alpha: 1 });
    assert.deepEqual(sets(buildGraph({ y: neg(x) })), [":20"]);
    assert.deepEqual(sets(buildGraph({ y: fused })), [":20", "com.microsoft:1"]);
    assert.equal(parse(buildGraph({ y: fused })).body.node[0]?.domain, "com.microsoft");
  });

  test("well-formed graphs, whatever the graph and the names of its inputs", () => {
    fc.assert(
      fc.property(instructionLists, (instructions) => {
        const { graph } = randomGraph(instructions, 1);
        assertWellFormed(parse(graph).body);
        assertWellFormed(parse(optimizeForRuntime(graph)).body);
      }),
      { seed: 1, numRuns: 100 },
    );
    const named = (name: string): Tensor => input(name, "f32", [2, 3]);
    const rude = add(neg(add(named("Add_0"), named("Neg_1"))), named("operand_0"));
    const graph = buildGraph({
      Reshape_3: reshape(rude, [6]),
      y: neg(reshape(rude, [3, 2])),
      Constant_0: scalar(1),
    });
    assertWellFormed(parse(graph).body);
  });

  test("the same bytes for the same graph", () => {
    const build = (): Graph => {
      const w = input("w", "f32", [3, 3]);
      const loss = reduceSum(gemm(x, w, input("b", "f32", [3])));
      return optimizeForRuntime(buildGraph({ loss, dw: gradients(loss, [w])[0] ?? w }));
    };
    assert.deepEqual(emitOnnx(build()), emitOnnx(build()));
  });
});

describe("emitOnnx() refuses", () => {
  test("an input and an output of one name", () => {
    const message =
      'Cannot write a graph as ONNX: "x" names an input and an output, and names must differ';
    assert.throws(() => emitOnnx(buildGraph({ x: neg(x) })), new RangeError(message));
    assert.throws(() => emitOnnx(buildGraph({ x })), new RangeError(message));
  });

  test("two inputs of one name", () => {
    const twin = input("x", "f32", [2, 3]);
    assert.throws(() => emitOnnx(buildGraph({ y: add(x, twin) })), RangeError);
  });
});
