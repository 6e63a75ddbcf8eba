/** @file What a pickle may hold here: plain data, and tensors as descriptions of where their elements lie. Nothing of it can run. */
import type { Shape } from "../../util/nd-array.ts";
import type { FileType } from "../safetensors-types.ts";

/** What a dictionary may be keyed with. */
export type PickledKey = string | number | boolean | null;

/** A dictionary, plain or ordered, in the order in which it was filled. */
export type PickledDict = Map<PickledKey, Pickled>;

/** An `argparse.Namespace`. */
export interface PickledNamespace {
  readonly kind: "namespace";
  readonly values: PickledDict;
}

/** A run of elements that tensors look into. */
export interface StorageReference {
  readonly kind: "storage";
  readonly type: FileType;
  /** Its name within the file. */
  readonly key: string;
  /** Elements. */
  readonly count: number;
}

/** A tensor: a strided view of a storage, checked to lie within it. Offsets and strides are in elements. */
export interface TensorView {
  readonly kind: "tensor";
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** A NumPy element type. */
export interface NumpyType {
  readonly kind: "numpy-type";
  /** Such as `f8`, as NumPy abbreviates it. */
  readonly code: string;
  isBigEndian: boolean;
}

/** A NumPy scalar; a value that is no number is left as `undefined`. */
export interface NumpyScalar {
  readonly kind: "numpy";
  readonly code: string;
  readonly value: number | bigint | boolean | undefined;
}

/** The name of one of the few classes and functions that a checkpoint refers to. */
export interface GlobalReference {
  readonly kind: "global";
  readonly name: string;
}

/**
 * Anything that comes out of a pickle. Lists and sets are arrays, tuples and frozen sets frozen ones, integers beyond 2⁵³ bigints.
 */
export type Pickled =
  | PickledKey
  | bigint
  | Uint8Array
  | Pickled[]
  | PickledDict
  | PickledNamespace
  | StorageReference
  | TensorView
  | NumpyType
  | NumpyScalar
  | GlobalReference;

/** What is wrong with a pickle, for the middle of a message that names the file. */
export class PickleError extends Error {
  override readonly name: string = "PickleError";
}

/** The bytes ended in the middle of a pickle: more of the file may complete it. */
export class PickleEnds extends PickleError {
  override readonly name = "PickleEnds";
}

/** The value as a tensor, if it is one. */
export function asTensor(value: Pickled | undefined): TensorView | undefined {
  return hasKind(value, "tensor") ? value : undefined;
}

/** Is the value one of those with a `kind`, and of that one? */
export function hasKind<K extends Tagged["kind"]>(
  value: Pickled | undefined,
  kind: K,
): value is Extract<Tagged, { readonly kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

type Tagged = Extract<Pickled, { readonly kind: string }>;
