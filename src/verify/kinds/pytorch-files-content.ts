/** @file All that a checkpoint holds, as lines of text that can be compared: one for each value, with its path. */
import { describeShape, type Shape } from "../../util/nd-array.ts";
import {
  asTensor,
  hasKind,
  type NumpyScalar,
  type Pickled,
  type TensorView,
} from "../../weights/pytorch/pickled.ts";
import type { FileType } from "../../weights/safetensors-types.ts";

/** Reads a tensor and gives the SHA-256 of its elements, as hex. */
export type HashTensor = (view: TensorView, name: string) => Promise<string>;

/** What PyTorch calls the element types that it can save. */
const TORCH_TYPES: Readonly<Partial<Record<FileType, string>>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

const NUMPY_KINDS: Readonly<Record<string, string>> = { f: "float", i: "int", u: "uint" };

type Path = readonly string[];

const line = (path: Path, value: string): string => `${path.join("/")} = ${value}`;

/** The line of one tensor. */
export function tensorLine(
  path: Path,
  { type, shape }: { readonly type: FileType; readonly shape: Shape },
  hash: string,
): string {
  return line(path, `${describeShape({ dtype: TORCH_TYPES[type] ?? type, shape })} ${hash}`);
}

function numpyLine(path: Path, { code, value }: NumpyScalar): string {
  const type = code === "b1" ? "bool" : `${NUMPY_KINDS[code[0] ?? ""]}${8 * Number(code.slice(1))}`;
  return line(path, `${type} ${value}`);
}

/** The lines of what was read. */
export async function pickledLines(
  value: Pickled,
  hash: HashTensor,
  path: Path = [],
): Promise<readonly string[]> {
  const tensor = asTensor(value);
  if (tensor !== undefined) {
    const { storage, shape } = tensor;
    const elements = await hash(tensor, path.join("/"));
    return [tensorLine(path, { type: storage.type, shape }, elements)];
  }
  if (hasKind(value, "numpy")) return [numpyLine(path, value)];
  if (hasKind(value, "namespace")) {
    return [line(path, "namespace"), ...(await pickledLines(value.values, hash, path))];
  }
  if (Array.isArray(value) || value instanceof Map) {
    const lines = [line(path, Array.isArray(value) ? "list" : "dictionary")];
    for (const [key, each] of value.entries()) {
      lines.push(...(await pickledLines(each, hash, [...path, String(key)])));
    }
    return lines;
  }
  return [line(path, typeof value === "object" && value !== null ? "?" : scalar(value))];
}

/** A number, text or truth value; texts in quotes, so that "1" is not 1. */
const scalar = (value: unknown): string =>
  typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "?");

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** The element type, shape and hash of a recorded tensor. */
function recordedTensor(path: Path, { dtype, shape, sha256 }: Json): string {
  const lengths = Array.isArray(shape) ? shape.map(Number) : [];
  return line(path, `${describeShape({ dtype: String(dtype), shape: lengths })} ${sha256}`);
}

/** The lines of what was recorded. */
export function recordedLines(value: unknown, path: Path = []): readonly string[] {
  if (!isObject(value)) return [line(path, scalar(value))];
  const { tensor, numpy, namespace } = value;
  if (isObject(tensor) && "sha256" in tensor) return [recordedTensor(path, tensor)];
  if (typeof numpy === "string") return [line(path, `${numpy} ${value["value"]}`)];
  const isNamespace = isObject(namespace) && Object.keys(value).length === 1;
  const inner = isNamespace ? namespace : value;
  return [
    ...(isNamespace ? [line(path, "namespace")] : []),
    line(path, Array.isArray(inner) ? "list" : "dictionary"),
    ...Object.entries(inner).flatMap(([key, each]) => recordedLines(each, [...path, key])),
  ];
}
