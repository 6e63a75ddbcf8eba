/** @file Graph → bytes of an ONNX model. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import type {
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProtoSchema,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
} from "onnx-buf";
import type { DType, NdArray } from "../../util/nd-array.ts";
import { type Graph, graphInputs, isLeaf } from "../graph.ts";
import { constantValue, type Node, type Tensor, type TensorType } from "../tensor.ts";
import { writingOrder } from "./writing-order.ts";

/** Opset 20 is the first with an exact `Gelu`; IR 9 is the version that came with it. */
const OPSET = 20n;
const IR_VERSION = 9n;

const DATA_TYPE: Readonly<Record<DType, DataType>> = {
  f32: DataType.FLOAT,
  f64: DataType.DOUBLE,
  i64: DataType.INT64,
  i32: DataType.INT32,
  u8: DataType.UINT8,
  bool: DataType.BOOL,
};

function tensorProto(
  name: string,
  { dtype, shape, data }: NdArray,
): MessageInitShape<typeof TensorProtoSchema> {
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { name, dataType: DATA_TYPE[dtype], dims: shape.map(BigInt), rawData: bytes };
}

function valueInfo(
  name: string,
  { dtype, shape }: TensorType,
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((length) => ({
    value: { case: "dimValue" as const, value: BigInt(length) },
  }));
  const value = { elemType: DATA_TYPE[dtype], shape: { dim } };
  return { name, type: { value: { case: "tensorType" as const, value } } };
}

function attributes({ op, attrs }: Node): MessageInitShape<typeof AttributeProtoSchema>[] {
  return Object.entries(op.attributes ?? {}).flatMap(
    ([name, kind]): MessageInitShape<typeof AttributeProtoSchema>[] => {
      const value = attrs[name];
      if (value === undefined) return [];
      if (kind === "float") return [{ name, type: AttributeKind.FLOAT, f: Number(value) }];
      if (kind === "int") return [{ name, type: AttributeKind.INT, i: BigInt(Number(value)) }];
      if (kind === "ints") {
        return [{ name, type: AttributeKind.INTS, ints: (value as readonly number[]).map(BigInt) }];
      }
      return [{ name, type: AttributeKind.STRING, s: new TextEncoder().encode(String(value)) }];
    },
  );
}

/** Names for every tensor: inputs and outputs keep theirs, the others are numbered after their operator. */
class TensorNames {
  readonly #names = new Map<Tensor, string>();
  readonly #taken: ReadonlySet<string>;
  #next = 0;

  constructor(graph: Graph) {
    const inputs = graphInputs(graph);
    const both = [...graph.outputs.keys()].find((name) => inputs.has(name));
    if (both !== undefined) {
      throw new RangeError(
        `Cannot write a graph as ONNX: "${both}" names an input and an output, and names must differ`,
      );
    }
    this.#taken = new Set([...inputs.keys(), ...graph.outputs.keys()]);
    for (const [name, tensor] of inputs) this.#names.set(tensor, name);
    for (const [name, tensor] of graph.outputs) {
      if (!isLeaf(tensor.node) && !this.#names.has(tensor)) this.#names.set(tensor, name);
    }
  }

  of(tensor: Tensor): string {
    const name = this.#names.get(tensor) ?? this.fresh(tensor.node.op.type);
    this.#names.set(tensor, name);
    return name;
  }

  /** A name that nothing has yet. */
  fresh(stem: string): string {
    const name = `${stem}_${this.#next++}`;
    return this.#taken.has(name) ? this.fresh(stem) : name;
  }
}

/** The operator sets that a graph uses: the standard one, and the domains of its other operators. */
function operatorSets(graph: Graph): MessageInitShape<typeof OperatorSetIdProtoSchema>[] {
  const others = new Set(graph.nodes.flatMap(({ op }) => op.domain ?? []));
  return [
    { domain: "", version: OPSET },
    ...[...others].map((domain) => ({ domain, version: 1n })),
  ];
}

/**
 * The ONNX model of a graph. An output that is an input, or that two names share, goes through an Identity, because ONNX wants
 * every output to be the result of a node of its own.
 *
 * Operands such as target shapes become initialisers, one for each distinct value.
 */
export function emitOnnx(graph: Graph): Uint8Array<ArrayBuffer> {
  const names = new TensorNames(graph);
  const initializer: MessageInitShape<typeof TensorProtoSchema>[] = [];
  const operandNames = new Map<string, string>();
  const operand = (value: NdArray): string => {
    const key = `${value.dtype}[${value.shape.join(",")}]:${value.data.join(",")}`;
    const name = operandNames.get(key) ?? names.fresh("operand");
    if (!operandNames.has(key)) initializer.push(tensorProto(name, value));
    operandNames.set(key, name);
    return name;
  };
  for (const tensor of graph.nodes.flatMap((node) => node.outputs)) {
    const value = constantValue(tensor);
    if (value !== undefined) initializer.push(tensorProto(names.of(tensor), value));
  }
  const node: MessageInitShape<typeof NodeProtoSchema>[] = writingOrder(graph).map((each) => ({
    opType: each.op.type,
    domain: each.op.domain ?? "",
    input: [
      ...each.inputs.map((tensor) => names.of(tensor)),
      ...(each.op.operands?.(each.attrs, each.inputs) ?? []).map(operand),
    ],
    output: each.outputs.map((tensor) => names.of(tensor)),
    attribute: attributes(each),
  }));
  for (const [name, tensor] of graph.outputs) {
    if (names.of(tensor) === name) continue;
    node.push({ opType: "Identity", domain: "", input: [names.of(tensor)], output: [name] });
  }
  const inputs = [...graphInputs(graph)].map(([name, tensor]) => valueInfo(name, tensor));
  const outputs = [...graph.outputs].map(([name, tensor]) => valueInfo(name, tensor));
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "ecamp",
    opsetImport: operatorSets(graph),
    graph: { name: "ecamp", node, initializer, input: inputs, output: outputs },
  });
  return toBinary(ModelProtoSchema, model);
}
