/**
 * @file Symbolic tensors. A tensor is an output of a node; a node applies one operator record to tensors. Nothing is computed
 * here: reading a tensor backwards gives the graph.
 */
import { ShapeError } from "../util/errors.ts";
import { type DType, describeShape, type NdArray, type Shape } from "../util/nd-array.ts";

/** Element type and shape: all that is known of a tensor before it is computed. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A value that a graph will compute: output number `index` of `node`. */
export interface Tensor extends TensorType {
  readonly node: Node;
  readonly index: number;
}

/** An operator applied to tensors; for the two leaf operators, a value that comes from outside. */
export interface Node {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  readonly outputs: readonly Tensor[];
}

/** What an operator's attributes may hold; `undefined` means absent. */
export type AttrValue = number | string | readonly number[] | NdArray | undefined;
/** The attributes of a node. */
export type Attrs = Readonly<Record<string, AttrValue>>;

/** Which attributes are written to ONNX, and as what. */
export type AttributeKinds = Readonly<Record<string, "int" | "ints" | "float" | "string">>;

/** One cotangent per input; null where no gradient flows. A rule that returns too few does not compile. */
export type Cotangents<In extends readonly Tensor[]> = {
  readonly [K in keyof In]: Tensor | null;
};

/** The types of an operator's outputs, one each. */
export type TypesOf<Out extends readonly Tensor[]> = { readonly [K in keyof Out]: TensorType };

/**
 * One record per operator: how it is called in ONNX, its shape rule and its gradient.
 *
 * `vjp` receives the cotangent of every output (null where nothing flows back) and answers with one for every input, shaped
 * like the *broadcast* input: the reverse walk undoes broadcasting, once, for all operators.
 */
export interface Op<
  In extends readonly Tensor[] = readonly Tensor[],
  A extends Attrs = Attrs,
  Out extends readonly Tensor[] = readonly Tensor[],
> {
  /** The operator's name in ONNX. */
  readonly type: string;
  /** Its ONNX domain; standard operators leave it out. */
  readonly domain?: string;
  /** Which attributes are written to ONNX, and as what; the others steer `infer`, `vjp` and `operands` only. */
  readonly attributes?: AttributeKinds | undefined;
  /** Constant operands that ONNX wants as inputs behind the tensors, such as the target shape of a Reshape. */
  operands?(attrs: A, inputs: In): readonly NdArray[];
  /** Types of the outputs. Throws `ShapeError` when the inputs do not fit. */
  infer(inputs: In, attrs: A): TypesOf<Out>;
  /** The vector–Jacobian product; absent when the operator has no gradient. */
  vjp?(g: Cotangents<Out>, y: Out, inputs: In, attrs: A): Cotangents<In>;
  /** The value of the node when every input is a constant of one element, and so is the output. */
  fold?(inputs: readonly NdArray[], output: TensorType): NdArray;
}

type OneOutput = readonly [Tensor];

/** An operator with one output, in the shape in which most are written. */
export interface SingleOp<In extends readonly Tensor[], A extends Attrs> {
  readonly type: string;
  readonly domain?: string;
  readonly attributes?: AttributeKinds | undefined;
  operands?(attrs: A, inputs: In): readonly NdArray[];
  infer(inputs: In, attrs: A): TensorType;
  vjp?(g: Tensor, y: Tensor, inputs: In, attrs: A): Cotangents<In>;
  fold?(inputs: readonly NdArray[], output: TensorType): NdArray;
}

const registry = new Map<string, Op>();

/** Every operator that has been defined, by `domain:type`; the conformance suite demands a case for each. */
export function registeredOps(): ReadonlyMap<string, Op> {
  return registry;
}

/** Defines an operator with several outputs. Each operator is defined once, at module level. */
export function defineOp<
  In extends readonly Tensor[],
  A extends Attrs,
  Out extends readonly Tensor[],
>(op: Op<In, A, Out>): Op<In, A, Out> {
  const key = `${op.domain ?? ""}:${op.type}`;
  if (registry.has(key))
    throw new RangeError(`Cannot define operator ${key}: it is defined already`);
  registry.set(key, op);
  return op;
}

/** Defines an operator with one output. */
export function defineSingle<In extends readonly Tensor[], A extends Attrs = Attrs>(
  single: SingleOp<In, A>,
): Op<In, A, OneOutput> {
  const { infer, vjp, ...rest } = single;
  const vjpOfOutputs: Op<In, A, OneOutput>["vjp"] =
    vjp && (([g], [y], inputs, attrs) => vjp(g ?? unreachable(), y, inputs, attrs));
  return defineOp<In, A, OneOutput>({
    ...rest,
    infer: (inputs, attrs) => [infer(inputs, attrs)],
    ...(vjpOfOutputs && { vjp: vjpOfOutputs }),
  });
}

function unreachable(): never {
  throw new TypeError("internal: the reverse walk visited a node without cotangent");
}

/** Applies an operator and returns all of its outputs. */
export function applyAll<
  In extends readonly Tensor[],
  A extends Attrs,
  Out extends readonly Tensor[],
>(op: Op<In, A, Out>, inputs: In, attrs: A): Out {
  const outputs: Tensor[] = [];
  const node: Node = { op, inputs, attrs, outputs };
  for (const [index, type] of op.infer(inputs, attrs).entries())
    outputs.push({ ...type, node, index });
  return outputs as readonly Tensor[] as Out;
}

/** Applies an operator that has one output. */
export function apply<In extends readonly Tensor[], A extends Attrs>(
  op: Op<In, A, OneOutput>,
  inputs: In,
  attrs: A,
): Tensor {
  return applyAll(op, inputs, attrs)[0];
}

type NoInputs = readonly [];

/** A value fed at every run. */
export const Input: Op<NoInputs, { name: string; dtype: string; shape: Shape }, OneOutput> = {
  type: "Input",
  infer: (_inputs, { dtype, shape }) => [{ dtype: dtype as DType, shape }],
};

/** A value that is part of the graph. */
export const Constant: Op<NoInputs, { value: NdArray }, OneOutput> = {
  type: "Constant",
  infer: (_inputs, { value }) => [{ dtype: value.dtype, shape: value.shape }],
};

/** A tensor fed from outside under a name: batch data, a parameter, a random mask. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(Input, [], { name, dtype, shape });
}

/** A tensor whose value is part of the graph. */
export function constant(value: NdArray): Tensor {
  return apply(Constant, [], { value });
}

/** An f32 scalar that is part of the graph. */
export function scalar(value: number): Tensor {
  return constant({ dtype: "f32", shape: [], data: Float32Array.of(value) });
}

/** The constant that a tensor is, if it is one. */
export function constantValue(tensor: Tensor): NdArray | undefined {
  return tensor.node.op === (Constant as Op) ? (tensor.node.attrs["value"] as NdArray) : undefined;
}

/** The name of a graph input, if the tensor is one. */
export function inputName(tensor: Tensor): string | undefined {
  return tensor.node.op === (Input as Op) ? (tensor.node.attrs["name"] as string) : undefined;
}

/** @throws {ShapeError} unless the tensor has the number of axes */
export function requireRank(tensor: Tensor, rank: number, what: string): void {
  if (tensor.shape.length !== rank) {
    throw new ShapeError(
      `Cannot ${what} ${describeShape(tensor)}: ${rank} axes expected, found ${tensor.shape.length}`,
    );
  }
}
