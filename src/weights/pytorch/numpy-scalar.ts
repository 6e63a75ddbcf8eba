/** @file NumPy scalars, such as a best AUROC, which stand beside the tensors of a checkpoint. */
import { halfToNumber } from "../half.ts";
import { type NumpyScalar, type NumpyType, PickleError } from "./pickled.ts";

type Read = (view: DataView, isLittleEndian: boolean) => number | bigint | boolean;

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["b1", (view) => view.getUint8(0) !== 0],
  ["i1", (view) => view.getInt8(0)],
  ["i2", (view, little) => view.getInt16(0, little)],
  ["i4", (view, little) => view.getInt32(0, little)],
  ["i8", (view, little) => view.getBigInt64(0, little)],
  ["u1", (view) => view.getUint8(0)],
  ["u2", (view, little) => view.getUint16(0, little)],
  ["u4", (view, little) => view.getUint32(0, little)],
  ["u8", (view, little) => view.getBigUint64(0, little)],
  ["f2", (view, little) => halfToNumber(view.getUint16(0, little))],
  ["f4", (view, little) => view.getFloat32(0, little)],
  ["f8", (view, little) => view.getFloat64(0, little)],
]);

/**
 * The scalar that an element type and its bytes stand for.
 * @throws {PickleError} when there are too few or too many bytes
 */
export function numpyScalar({ code, isBigEndian }: NumpyType, bytes: Uint8Array): NumpyScalar {
  const read = READERS.get(code);
  if (read === undefined) return { kind: "numpy", code, value: undefined };
  if (bytes.length !== Number(code.slice(1))) {
    throw new PickleError(`a NumPy scalar of type ${code} has ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = read(view, !isBigEndian);
  const isSmall = typeof value === "bigint" && Number.isSafeInteger(Number(value));
  return { kind: "numpy", code, value: isSmall ? Number(value) : value };
}
