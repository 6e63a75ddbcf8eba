/** @file Host arrays: a typed array with a shape. Symbolic tensors are `engine/tensor.ts`. */

/** What each element type is stored in. */
export interface StorageOf {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly bool: Uint8Array;
}

/** Element types. `bool` is one byte, 0 or 1. */
export type DType = keyof StorageOf;

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** A dense, row-major array in host memory. */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: StorageOf[D];
}

const CONSTRUCTORS = {
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  i32: Int32Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Bytes that one element of each type takes. */
export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  f32: 4,
  f64: 8,
  i64: 8,
  i32: 4,
  u8: 1,
  bool: 1,
};

/** The number of elements of a shape (1 for a scalar). */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** `f32[8,197,768]`: how messages write a type and shape. */
export function describeShape({ dtype, shape }: { dtype: string; shape: Shape }): string {
  return `${dtype}[${shape.join(",")}]`;
}

/** Are two shapes the same? */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** An empty storage for `size` elements, zeroed. */
export function allocate<D extends DType>(dtype: D, size: number): StorageOf[D] {
  return new CONSTRUCTORS[dtype](size) as StorageOf[D];
}

/** An array of zeros. */
export function zeros<D extends DType>(dtype: D, shape: Shape): NdArray<D> {
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) };
}

/**
 * Wraps data in a shape.
 * @throws {RangeError} when the number of elements does not fit the shape
 */
export function ndArray<D extends DType>(
  dtype: D,
  shape: Shape,
  data: StorageOf[D] | readonly number[],
): NdArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot wrap ${data.length} elements as ${describeShape({ dtype, shape })}: ${sizeOf(shape)} elements expected`,
    );
  }
  if (!Array.isArray(data)) return { dtype, shape, data: data as StorageOf[D] };
  const storage = allocate(dtype, data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (storage instanceof BigInt64Array) storage[i] = BigInt(value);
    else (storage as Float64Array)[i] = value;
  }
  return { dtype, shape, data: storage };
}

/** The same elements under another shape. Shares the storage. */
export function reshaped<D extends DType>(array: NdArray<D>, shape: Shape): NdArray<D> {
  return ndArray(array.dtype, shape, array.data);
}

/** Every element as a double, whatever the storage; 64-bit integers lose bits above 2^53. */
export function toDoubles(array: NdArray): Float64Array {
  return Float64Array.from(array.data as ArrayLike<number | bigint>, Number);
}
