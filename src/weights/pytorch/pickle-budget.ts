/**
 * @file How much memory the values of a pickle may take. Instructions alone bound nothing: one of them may build as much as it likes
 * from a value that the pickle keeps and recalls.
 */
import { type Pickled, PickleError } from "./pickled.ts";

/** The pickle of 20,000 tensors takes about a thirtieth of this. */
export const MAX_BUILT_BYTES: number = 2 ** 28;

/** About what V8 takes for one of each, in bytes. */
const COSTS = {
  ...{ value: 16, list: 32, element: 8, dictionary: 192, entry: 48 },
  ...{ tensor: 96, axis: 32 },
} as const;

/** Bytes of a place in a list, and of a key with its value. */
export const ELEMENT_BYTES: number = COSTS.element;
export const ENTRY_BYTES: number = COSTS.entry;

/** Bytes that a value takes, about; what it refers to has been counted when that was built. */
function bytesOf(value: Pickled): number {
  if (typeof value === "string") return COSTS.value + 2 * value.length;
  if (typeof value !== "object" || value === null) return COSTS.value;
  if (Array.isArray(value)) return COSTS.list + COSTS.element * value.length;
  if (value instanceof Map) return COSTS.dictionary + COSTS.entry * value.size;
  if (value instanceof Uint8Array) return COSTS.tensor + value.length;
  if (value.kind === "namespace") return COSTS.dictionary + COSTS.entry * value.values.size;
  if (value.kind === "tensor") return COSTS.tensor + COSTS.axis * value.shape.length;
  return COSTS.tensor;
}

/** What the values of a file's pickles have taken so far. */
export class PickleBudget {
  #spent = 0;

  /** Bytes, about. */
  get spent(): number {
    return this.#spent;
  }

  /** Counts a value that has just been built, and returns it. */
  count<T extends Pickled>(value: T): T {
    this.charge(bytesOf(value));
    return value;
  }

  /**
   * Counts bytes.
   * @throws {PickleError} when they are more than any checkpoint's pickle takes
   */
  charge(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent <= MAX_BUILT_BYTES) return;
    throw new PickleError(
      `its pickle builds values of more than ${MAX_BUILT_BYTES / 2 ** 20} MiB beside its tensors, as no checkpoint does; nothing was executed`,
    );
  }
}
