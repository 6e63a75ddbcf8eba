/** @file A tensor as a strided view of a storage: checked to lie within it, and gathered into row-major order. */
import { type Shape, sizeOf } from "../../util/nd-array.ts";
import { FILE_BYTES } from "../safetensors-types.ts";
import { PickleError, type StorageReference, type TensorView } from "./pickled.ts";

/** Axes that a tensor may have. */
const MAX_RANK = 64;

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

function isCounts(values: readonly unknown[]): values is readonly number[] {
  return values.length <= MAX_RANK && values.every(isCount);
}

/** The elements of a storage from the first that a view touches to the last. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

/** The part of its storage that a view touches, in elements. */
export function spanOf({ offset, shape, strides }: Omit<TensorView, "kind" | "storage">): Span {
  if (shape.includes(0)) return { first: offset, count: 0 };
  const reach = shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] ?? 0), 0);
  return { first: offset, count: reach + 1 };
}

/** Does a view touch elements that its storage has not? */
export function leavesStorage(view: Omit<TensorView, "kind">): boolean {
  const { first, count } = spanOf(view);
  return count !== 0 && !(first + count <= view.storage.count);
}

/**
 * Makes a view, with a shape and strides of its own: what the pickle does to its lists afterwards changes nothing.
 * @throws {PickleError} when a number is no count, axes are too many, or the view leaves its storage
 */
export function tensorView(
  storage: StorageReference,
  { offset, shape, strides }: Readonly<Record<"offset" | "shape" | "strides", unknown>>,
): TensorView {
  const isView =
    isCount(offset) &&
    Array.isArray(shape) &&
    Array.isArray(strides) &&
    isCounts(shape) &&
    isCounts(strides) &&
    shape.length === strides.length;
  if (!isView || !isCount(sizeOf(shape))) {
    throw new PickleError("a tensor's offset, shape or strides are not what a tensor has");
  }
  if (leavesStorage({ storage, offset, shape, strides })) {
    throw new PickleError(
      `a tensor of shape [${shape.join(",")}], strides [${strides.join(",")}] and offset ${offset} leaves its storage of ${storage.count} elements`,
    );
  }
  const [ownShape, ownStrides] = [Object.freeze([...shape]), Object.freeze([...strides])];
  return { kind: "tensor", storage, offset, shape: ownShape, strides: ownStrides };
}

/** Bytes that a view's elements take once they are gathered. */
export function viewBytes({ storage, shape }: Pick<TensorView, "storage" | "shape">): number {
  return sizeOf(shape) * FILE_BYTES[storage.type];
}

/** Do the elements lie in row-major order without a gap? */
export function isContiguous({ shape, strides }: Pick<TensorView, "shape" | "strides">): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] ?? 0;
    if (length === 0) return true;
    if (length > 1 && strides[axis] !== expected) return false;
    expected *= length;
  }
  return true;
}

/** How many elements apart the last axis' elements lie, and the places where its rows start. */
function* rowStarts(shape: Shape, strides: readonly number[]): Generator<number> {
  const counter = shape.slice(0, -1).map(() => 0);
  let place = 0;
  for (;;) {
    yield place;
    let axis = counter.length - 1;
    for (; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0;
      const next = (counter[axis] ?? 0) + 1;
      if (next < (shape[axis] ?? 0)) {
        counter[axis] = next;
        place += stride;
        break;
      }
      counter[axis] = 0;
      place -= (next - 1) * stride;
    }
    if (axis < 0) return;
  }
}

/**
 * The elements in row-major order.
 * @param span the bytes of the view's span
 */
export function gather(
  view: Pick<TensorView, "storage" | "shape" | "strides">,
  span: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { storage, shape, strides } = view;
  const width = FILE_BYTES[storage.type];
  const gathered = new Uint8Array(viewBytes(view));
  if (gathered.length === 0) return gathered;
  const length = shape.at(-1) ?? 1;
  const step = (strides.at(-1) ?? 0) * width;
  let next = 0;
  for (const start of rowStarts(shape, strides)) {
    let from = start * width;
    for (let i = 0; i < length; i++, from += step) {
      for (let byte = 0; byte < width; byte++) gathered[next++] = span[from + byte] ?? 0;
    }
  }
  return gathered;
}
