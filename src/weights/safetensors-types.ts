/** @file The element types of a safetensors file: how many bytes each takes and which host array it is read into. */
import type { NdArray, Shape, StorageOf } from "../util/nd-array.ts";
import { halfToNumber } from "./half.ts";

/** The element types that the format defines and whose size is a whole number of bytes. */
export type FileType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** Bytes that one element takes in the file. */
export const FILE_BYTES: Readonly<Record<FileType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/** Are the elements whole numbers, or truth values? */
export const isInteger = (type: FileType): boolean => /^(?:[IU]\d|BOOL$)/.test(type);

/** How each host type is written. */
export const FILE_TYPE_OF: Readonly<Record<keyof StorageOf, FileType>> = {
  f64: "F64",
  f32: "F32",
  i64: "I64",
  i32: "I32",
  u8: "U8",
  bool: "BOOL",
};

/** Is this the name of an element type of the format? */
export function isFileType(name: string): name is FileType {
  return Object.hasOwn(FILE_BYTES, name);
}

function widenHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, halfToNumber);
}

/** Brain floats are the upper halves of f32: widening is exact, NaN payloads included. */
function widenBrainFloat(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}

/**
 * The bytes of a tensor as a host array. f16 and bf16 are widened to f32, i8, i16 and u16 to i32; all of it is exact.
 * The buffer must belong to this tensor alone: the array keeps it where no conversion is needed. Multi-byte elements
 * are little-endian, as the format demands and as every machine that ONNX Runtime supports has them.
 *
 * @returns undefined for a type that no host array holds (unsigned 32 and 64 bits, 8-bit floats)
 */
export function decodeElements(
  type: FileType,
  shape: Shape,
  buffer: ArrayBuffer,
): NdArray | undefined {
  switch (type) {
    case "F64":
      return { dtype: "f64", shape, data: new Float64Array(buffer) };
    case "F32":
      return { dtype: "f32", shape, data: new Float32Array(buffer) };
    case "F16":
      return { dtype: "f32", shape, data: widenHalf(new Uint16Array(buffer)) };
    case "BF16":
      return { dtype: "f32", shape, data: widenBrainFloat(new Uint16Array(buffer)) };
    case "I64":
      return { dtype: "i64", shape, data: new BigInt64Array(buffer) };
    case "I32":
      return { dtype: "i32", shape, data: new Int32Array(buffer) };
    case "I16":
      return { dtype: "i32", shape, data: Int32Array.from(new Int16Array(buffer)) };
    case "I8":
      return { dtype: "i32", shape, data: Int32Array.from(new Int8Array(buffer)) };
    case "U16":
      return { dtype: "i32", shape, data: Int32Array.from(new Uint16Array(buffer)) };
    case "U8":
      return { dtype: "u8", shape, data: new Uint8Array(buffer) };
    case "BOOL":
      return { dtype: "bool", shape, data: new Uint8Array(buffer) };
    case "U32":
    case "U64":
    case "F8_E4M3":
    case "F8_E5M2":
      return undefined;
    default:
      return type satisfies never;
  }
}
