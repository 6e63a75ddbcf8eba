/**
 * @file Random small graphs for property tests, made from lists of instructions that fast-check can shrink. They are rich in
 * what the passes look for: transposes before products, neutral constants, expands, scatters into zeros, repeated expressions.
 *
 * Inputs are multiples of ⅛ and constants powers of two, so that rearranged sums and products agree to the last bit.
 */
import fc from "fast-check";
import { buildGraph, type Graph } from "../src/engine/graph.ts";
import {
  add,
  div,
  greater,
  mul,
  neg,
  stopGradient,
  sub,
  where,
} from "../src/engine/ops/elementwise.ts";
import {
  gatherRows,
  pickInRows,
  scatterAddInRows,
  scatterAddRows,
} from "../src/engine/ops/gather.ts";
import {
  concat,
  expand,
  pad,
  reshape,
  reverse,
  slice,
  split,
  transpose,
  transposeLast,
  zerosOf,
} from "../src/engine/ops/layout.ts";
import { matmul } from "../src/engine/ops/matmul.ts";
import { reduceMax, reduceSum } from "../src/engine/ops/reduce.ts";
import { broadcastShapes } from "../src/engine/shapes.ts";
import { input, scalar, type Tensor } from "../src/engine/tensor.ts";
import { type NdArray, sameShape, sizeOf } from "../src/util/nd-array.ts";
import { drawAll, eighths, indices, mapRecord } from "./draw.ts";

/** One step: what to do, on which earlier tensors, and how. Numbers wrap around what there is to choose from. */
export interface Instruction {
  readonly kind: number;
  readonly first: number;
  readonly second: number;
  readonly how: number;
}

/** A graph with arrays for its inputs. */
export interface RandomGraph {
  readonly graph: Graph;
  readonly arrays: ReadonlyMap<string, NdArray>;
}

const LARGEST = 64;

const INPUTS = {
  matrix: eighths(2, 3),
  other: eighths(2, 3),
  square: eighths(3, 3),
  batch: eighths(2, 3, 2),
  row: eighths(3),
  column: eighths(2, 1),
  single: eighths(),
};
const INDICES = { rows: indices(2, 4, 1), columns: indices(3, 2, 4) };

/** What a step may use. */
interface Step {
  /** Any tensor so far. */
  readonly x: Tensor;
  readonly how: number;
  /** Another tensor so far for which the condition holds, `x` itself when there is none. */
  other(fits: (tensor: Tensor) => boolean): Tensor;
  /** An input for which the condition holds, if there is one; products with inputs alone stay small. */
  input(fits: (tensor: Tensor) => boolean): Tensor | undefined;
  readonly rows: Tensor;
  readonly columns: Tensor;
}

/** The newest tensor for even numbers, any for odd ones: half of the steps build on the one before. */
const recent = (pool: readonly Tensor[], index: number): Tensor | undefined =>
  index % 2 === 0 ? pool.at(-1) : pickFrom(pool, (index - 1) / 2);

const pickFrom = <T>(values: readonly T[], index: number): T | undefined =>
  values[index % Math.max(values.length, 1)];

const meets =
  (x: Tensor) =>
  (tensor: Tensor): boolean =>
    broadcastShapes(x.shape, tensor.shape) !== undefined;
const equals =
  (x: Tensor) =>
  (tensor: Tensor): boolean =>
    sameShape(x.shape, tensor.shape);
const isMatrix = ({ shape }: Tensor): boolean => shape.length === 2;

/** Is there a matrix product of two tensors? */
function multiplies({ shape: a }: Tensor, { shape: b }: Tensor): boolean {
  const leads = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  return a.length > 1 && b.length > 1 && leads !== undefined && a.at(-1) === b.at(-2);
}

const constantOf = (values: readonly number[], how: number): Tensor =>
  scalar(pickFrom(values, how) ?? 1);
/** `f` with its operands exchanged for odd numbers. */
const either = (how: number, f: (a: Tensor, b: Tensor) => Tensor, a: Tensor, b: Tensor): Tensor =>
  how % 2 === 0 ? f(a, b) : f(b, a);
const axisBy = ({ shape }: Tensor, how: number): number => how % shape.length;

function permuted(x: Tensor, how: number): Tensor {
  const turned = x.shape.map((_, axis) => (axis + how) % x.shape.length);
  return transpose(x, how % 2 === 0 ? turned : turned.toReversed());
}

function reshapedSomehow(x: Tensor, how: number): Tensor {
  const count = sizeOf(x.shape);
  const shapes = [[count], [1, ...x.shape], [...x.shape, 1], [count, 1], x.shape.toReversed()];
  return reshape(x, pickFrom(shapes, how) ?? x.shape);
}

function repeated(x: Tensor, how: number): Tensor {
  const axis = x.shape.indexOf(1);
  if (axis === -1 || how % 2 === 0) return expand(x, [2, ...x.shape]);
  return expand(x, x.shape.with(axis, 2));
}

/** A scatter into zeros and its sum with a tensor of the same shape; the scatter alone is seen in every third case. */
function scattered(base: Tensor, added: Tensor, how: number): readonly Tensor[] {
  const total = either(how, add, base, added);
  return how % 3 === 0 ? [added, total] : [total];
}

type Kind = (step: Step) => readonly Tensor[];

/** A kind for tensors with axes; on a scalar it does nothing. */
const onAxes =
  (kind: Kind): Kind =>
  (step) =>
    step.x.shape.length > 0 ? kind(step) : [];

const KINDS: readonly Kind[] = [
  ({ x, other }) => [add(x, other(meets(x)))],
  ({ x, other }) => [sub(x, other(meets(x)))],
  ({ x, input: pick }) => {
    const factor = pick(meets(x));
    return factor === undefined ? [] : [mul(x, factor)];
  },
  ({ x, how }) => [either(how, mul, x, constantOf([0.5, 1, -1, 2, 0], how))],
  ({ x, how }) => [either(how, add, x, constantOf([0, 1, -0.5], how))],
  ({ x, how }) => [sub(x, constantOf([0, 2], how))],
  ({ x, how }) => [div(x, constantOf([1, 2, -4], how))],
  ({ x }) => [neg(x)],
  ({ how }) => [constantOf([1, 0, -2, 0.25], how)],
  ({ x, how }) => [expand(constantOf([0, 1, -0.5], how), x.shape)],
  ({ x, how }) => [repeated(x, how)],
  ({ x, how }) => [reshapedSomehow(x, how)],
  onAxes(({ x, how }) => [permuted(x, how)]),
  onAxes(({ x, how }) => [permuted(permuted(x, how), how + 1)]),
  ({ x, how }) => [reshapedSomehow(reshapedSomehow(x, how), how + 1)],
  ({ x, how, other }) => {
    const small = other(({ shape }) => sameShape(broadcastShapes(shape, x.shape) ?? [], x.shape));
    return [either(how, add, x, expand(small, x.shape))];
  },
  ({ x }) => (x.shape.length > 1 ? [transposeLast(x)] : []),
  ({ x, input: pick }) => {
    const factor = pick((each) => multiplies(x, each));
    return factor !== undefined ? [matmul(x, factor)] : [];
  },
  ({ x, how, input: pick }) => {
    const factor = pick((each) => isMatrix(each) && each.shape.at(-1) === x.shape.at(-1));
    if (factor === undefined || x.shape.length < 2) return [];
    return [mul(matmul(x, transposeLast(factor)), constantOf([0.5, 1, 2], how))];
  },
  ({ x, input: pick }) => {
    const factor = pick((each) => isMatrix(each) && each.shape.at(-2) === x.shape.at(-2));
    return factor !== undefined && x.shape.length > 1 ? [matmul(transposeLast(factor), x)] : [];
  },
  ({ x, other }) => [where(greater(x, other(meets(x))), x, scalar(0))],
  onAxes(({ x, how }) => [reduceSum(x, { axes: [axisBy(x, how)], keepDims: how % 2 === 0 })]),
  ({ x }) => [reduceMax(x)],
  ({ x, how, rows, other }) => {
    if (x.shape[0] !== 2) return [];
    const updates = gatherRows(x, reshape(rows, [4])); // [4, …]
    return scattered(other(equals(x)), scatterAddRows(zerosOf(x.shape), rows, updates), how);
  },
  ({ x, how, columns, other }) => {
    if (!sameShape(x.shape, [2, 3])) return [];
    const updates = pickInRows(x, columns); // [2, 4]
    return scattered(other(equals(x)), scatterAddInRows(zerosOf(x.shape), columns, updates), how);
  },
  onAxes(({ x, how }) => {
    const axis = axisBy(x, how);
    const length = x.shape[axis] ?? 0;
    return length > 1 ? split(x, [1, length - 1], axis) : [];
  }),
  onAxes(({ x, how, other }) => [concat([x, other(equals(x))], axisBy(x, how))]),
  ({ x }) => [
    slice(
      x,
      x.shape.map((length) => [Math.floor(length / 2), length]),
    ),
  ],
  ({ x }) => [
    slice(
      x,
      x.shape.map((length) => [0, length, 2]),
    ),
  ],
  onAxes(({ x, how }) => [reverse(x, [axisBy(x, how)])]),
  ({ x }) => [
    pad(
      x,
      x.shape.map((_, axis) => [axis % 2, 1]),
    ),
  ],
  ({ x }) => [stopGradient(x)],
];

/** Lists of instructions, each of which makes a graph; the last kind repeats the one before it. */
export const instructionLists: fc.Arbitrary<readonly Instruction[]> = fc.noBias(
  fc.array(
    fc.record({
      kind: fc.nat(KINDS.length),
      first: fc.nat(40),
      second: fc.nat(40),
      how: fc.nat(5),
    }),
    { minLength: 1, maxLength: 16, size: "max" },
  ),
);

/** The graph that instructions describe. Steps that do not fit, or grow too large, are left out. */
export function randomGraph(instructions: readonly Instruction[], seed: number): RandomGraph {
  const arrays = drawAll({ ...INPUTS, ...INDICES }, seed);
  const named = mapRecord(arrays, ({ dtype, shape }, name) => input(name, dtype, shape));
  const { rows, columns, ...floating } = named;
  const inputs: readonly Tensor[] = Object.values(floating);
  const pool = [...inputs];
  for (const [i, each] of instructions.entries()) {
    const { kind, first, second, how } =
      (each.kind === KINDS.length && instructions[i - 1]) || each;
    const x = recent(pool, first) ?? rows;
    const step: Step = {
      x,
      how,
      rows,
      columns,
      other: (fits) => recent(pool.filter(fits), second) ?? x,
      input: (fits) => pickFrom(inputs.filter(fits), second),
    };
    const made = KINDS[kind]?.(step) ?? [];
    pool.push(...made.filter(({ shape }) => sizeOf(shape) <= LARGEST));
  }
  const outputs = pool.slice(-5).map((tensor, index) => [`output${index}`, tensor] as const);
  const last = pool.at(-1) ?? rows;
  return {
    graph: buildGraph(new Map([...outputs, ["again", last]])), // one tensor under two names
    arrays: new Map(Object.entries<NdArray>(arrays)),
  };
}
