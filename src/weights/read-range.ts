/** @file Opens a weight file and reads ranges of its bytes. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { systemErrorCode } from "../util/atomic-file.ts";
import { describeError, WeightsError } from "../util/errors.ts";
import type { NdArray } from "../util/nd-array.ts";
import { refuseFile, refuseTensor } from "./refuse-file.ts";
import { decodeElements } from "./safetensors-types.ts";
import type { StoredTensor } from "./weights-file.ts";

/** A read call of 2 GiB or more is cut short by the kernel. */
const MAX_READ_BYTES = 1 << 28;

/** Fills `bytes` from `position` on and says how many there were before the file ended. */
export async function readFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - offset, MAX_READ_BYTES);
    const { bytesRead } = await handle.read(bytes, offset, length, position + offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return offset;
}

/** An open file and its length in bytes. */
export interface OpenHandle {
  readonly handle: FileHandle;
  readonly fileBytes: number;
  /** Its permission bits, those to execute left out. */
  readonly mode: number;
}

/**
 * Opens a file for reading.
 * @throws {WeightsError} when there is none, it may not be read, or is a folder
 */
export async function openHandle(
  file: string,
  expected: string = "a weight file",
): Promise<OpenHandle> {
  const refuse = (error: unknown): never => {
    const reason = systemErrorCode(error) === "ENOENT" ? "no such file" : describeError(error);
    throw new WeightsError(`Cannot open weights "${file}": ${reason}`, { cause: error });
  };
  // Asked first: opening a named pipe would wait for somebody to write into it.
  const found = await stat(file).catch(refuse);
  if (!found.isFile()) {
    const what = found.isDirectory() ? "it is a folder" : "it is not a file";
    refuseFile(file, `${what}, expected ${expected}`);
  }
  const handle = await open(file, "r").catch(refuse);
  const { size: fileBytes, mode } = await handle.stat();
  return { handle, fileBytes, mode: mode & 0o666 };
}

/**
 * The bytes of a tensor as a host array, which keeps them where no conversion is needed.
 * @throws {WeightsError} when no host array holds the type, or a truth value is neither 0 nor 1
 */
export function toHostArray(
  { file, name }: { readonly file: string; readonly name: string },
  { type, shape }: Pick<StoredTensor, "type" | "shape">,
  bytes: Uint8Array<ArrayBuffer>,
): NdArray {
  const array = decodeElements(type, shape, bytes.buffer);
  if (array === undefined) refuseTensor(file, name, `elements of type ${type} are not supported`);
  if (array.dtype === "bool" && bytes.some((byte) => byte > 1)) {
    refuseTensor(file, name, "a BOOL element is neither 0 nor 1");
  }
  return array;
}
