/** @file Random arrays for tests: what an input holds is said where its shape is said, and drawn from a seeded stream. */
import { type DType, type NdArray, ndArray, type Shape, sizeOf } from "../src/util/nd-array.ts";
import { RandomStream } from "../src/util/random.ts";

/** Draws the array of one input. */
export type Draw = (stream: RandomStream) => NdArray;

const drawn =
  (dtype: DType, shape: Shape, element: (stream: RandomStream) => number): Draw =>
  (stream) =>
    ndArray(
      dtype,
      shape,
      Array.from({ length: sizeOf(shape) }, () => element(stream)),
    );

/** Standard normal numbers. */
export const normal = (...shape: Shape): Draw => drawn("f32", shape, (stream) => stream.normal());

/** Numbers spread evenly over an interval. */
export const between = (low: number, high: number, ...shape: Shape): Draw =>
  drawn("f32", shape, (stream) => stream.between(low, high));

/** Numbers of either sign and a magnitude of ¼ … 2: away from a kink or a pole at 0. */
export const nonzero = (...shape: Shape): Draw =>
  drawn("f32", shape, (stream) => stream.between(0.25, 2) * stream.pick([-1, 1]));

/** Multiples of ⅛ in −2 … 2: sums and products of a few of them are exact even in f32. */
export const eighths = (...shape: Shape): Draw =>
  drawn("f32", shape, (stream) => (stream.integer(33) - 16) / 8);

/** Whole numbers 0 … `bound` − 1. */
export const indices = (bound: number, ...shape: Shape): Draw =>
  drawn("i64", shape, (stream) => stream.integer(bound));

/** True or false. */
export const booleans = (...shape: Shape): Draw =>
  drawn("bool", shape, (stream) => stream.integer(2));

/** These values, whatever the stream. */
export const exactly =
  (dtype: DType, shape: Shape, values: readonly number[]): Draw =>
  () =>
    ndArray(dtype, shape, values);

/** The same keys with other values. */
export function mapRecord<Name extends string, A, B>(
  record: Readonly<Record<Name, A>>,
  change: (value: A, name: Name) => B,
): Readonly<Record<Name, B>> {
  const entries = Object.entries(record) as [Name, A][];
  return Object.fromEntries(
    entries.map(([name, value]) => [name, change(value, name)]),
  ) as Readonly<Record<Name, B>>;
}

/** Draws every input from a stream of its own. */
export const drawAll = <Name extends string>(
  draws: Readonly<Record<Name, Draw>>,
  seed: number,
): Readonly<Record<Name, NdArray>> =>
  mapRecord(draws, (draw, name) => draw(new RandomStream({ seed, name: `test/${name}` })));
