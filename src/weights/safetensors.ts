/** @file Safetensors files: read tensor by tensor from their places, written as a stream that appears whole or not at all. */
import { type FileHandle, open } from "node:fs/promises";
import { writeFileAtomically } from "../util/atomic-file.ts";
import { describeError, WeightsError } from "../util/errors.ts";
import { BYTES_PER_ELEMENT, describeShape, type NdArray, sizeOf } from "../util/nd-array.ts";
import {
  encodeHeader,
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
} from "./safetensors-header.ts";
import { decodeElements, FILE_TYPE_OF } from "./safetensors-types.ts";

export type { TensorInfo } from "./safetensors-header.ts";

/** An open file, its header checked. Tensors are read when asked for, and only then take memory. */
export interface SafetensorsFile extends AsyncDisposable {
  /** The path that was opened. */
  readonly file: string;
  /** Every tensor's name, in the order in which their bytes lie. */
  readonly names: readonly string[];
  /** The texts under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** A tensor's type, shape and place. Throws `WeightsError` when there is none of that name. */
  info(name: string): TensorInfo;
  /**
   * A tensor as a host array of its own: f16 and bf16 are widened to f32; i8, i16 and u16 to i32. Throws `WeightsError`
   * when there is none of that name, when no host array holds its type, and when the file has been cut since.
   */
  read(name: string): Promise<NdArray>;
  /** Closes the file; so does leaving the scope of an `await using`. */
  close(): Promise<void>;
}

/** What goes into a file besides the tensors. */
export interface SafetensorsOptions {
  /** Texts for `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Permission bits before the umask, such as 0o600 for a private file; 0o666 by default. */
  readonly mode?: number;
}

/** A read call of 2 GiB or more is cut short by the kernel. */
const MAX_READ_BYTES = 1 << 28;

/** Fills `bytes` from `position` on and says how many there were before the file ended. */
async function readFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - offset, MAX_READ_BYTES);
    const { bytesRead } = await handle.read(bytes, offset, length, position + offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return offset;
}

async function openHandle(file: string): Promise<FileHandle> {
  try {
    return await open(file, "r");
  } catch (error) {
    throw new WeightsError(`Cannot open weights "${file}": ${describeError(error)}`, {
      cause: error,
    });
  }
}

async function readHeader(
  handle: FileHandle,
  file: string,
): Promise<SafetensorsHeader & { readonly dataStart: number }> {
  const status = await handle.stat();
  if (!status.isFile()) {
    throw new WeightsError(
      `Cannot read weights "${file}": it is not a file, expected a safetensors file`,
    );
  }
  const prefix = new Uint8Array(Math.min(LENGTH_BYTES, status.size));
  await readFully(handle, prefix, 0);
  const bytes = new Uint8Array(headerLength(prefix, { file, fileBytes: status.size }));
  await readFully(handle, bytes, LENGTH_BYTES);
  const dataStart = LENGTH_BYTES + bytes.length;
  const header = parseHeader(bytes, { file, dataBytes: status.size - dataStart });
  return { ...header, dataStart };
}

class OpenSafetensors implements SafetensorsFile {
  readonly file: string;
  readonly names: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly #handle: FileHandle;
  readonly #tensors: ReadonlyMap<string, TensorInfo>;
  readonly #dataStart: number;

  constructor(
    file: string,
    handle: FileHandle,
    header: SafetensorsHeader & { readonly dataStart: number },
  ) {
    this.file = file;
    this.names = [...header.tensors.keys()];
    this.metadata = header.metadata;
    this.#handle = handle;
    this.#tensors = header.tensors;
    this.#dataStart = header.dataStart;
  }

  info(name: string): TensorInfo {
    const info = this.#tensors.get(name);
    if (info === undefined)
      this.#refuse(name, `there is none of that name among its ${this.names.length}`);
    return info;
  }

  async read(name: string): Promise<NdArray> {
    const { type, shape, byteOffset, byteLength } = this.info(name);
    const bytes = new Uint8Array(byteLength);
    const found = await readFully(this.#handle, bytes, this.#dataStart + byteOffset);
    if (found < byteLength) {
      this.#refuse(name, `the file ended after ${found} of its ${byteLength} bytes`);
    }
    const array = decodeElements(type, shape, bytes.buffer);
    if (array === undefined) this.#refuse(name, `elements of type ${type} are not supported`);
    if (array.dtype === "bool" && bytes.some((byte) => byte > 1)) {
      this.#refuse(name, "a BOOL element is neither 0 nor 1");
    }
    return array;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #refuse(name: string, found: string): never {
    throw new WeightsError(`Cannot read tensor "${name}" of weights "${this.file}": ${found}`);
  }
}

/**
 * Opens a safetensors file and checks all of its header.
 *
 * @example
 * await using weights = await openSafetensors("model.safetensors");
 * const table = await weights.read("pos_embed");
 *
 * @throws {WeightsError} when the file is missing, truncated, followed by other bytes, or its header is damaged
 */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const handle = await openHandle(file);
  try {
    return new OpenSafetensors(file, handle, await readHeader(handle, file));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Places the arrays one after another. */
function layOut(
  file: string,
  arrays: readonly (readonly [string, NdArray])[],
): ReadonlyMap<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  let byteOffset = 0;
  for (const [name, { dtype, shape, data }] of arrays) {
    const refuse = (found: string): never => {
      throw new RangeError(`Cannot write tensor "${name}" to weights "${file}": ${found}`);
    };
    if (tensors.has(name)) refuse("it is given twice");
    if (data.length !== sizeOf(shape)) {
      refuse(`it has ${data.length} elements, ${describeShape({ dtype, shape })} expected`);
    }
    const type = FILE_TYPE_OF[dtype];
    tensors.set(name, { type, shape, byteOffset, byteLength: data.byteLength });
    byteOffset += data.byteLength;
  }
  return tensors;
}

function* piecesOf(
  header: SafetensorsHeader,
  arrays: readonly (readonly [string, NdArray])[],
): Generator<Uint8Array> {
  yield encodeHeader(header);
  for (const [, { data }] of arrays) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/**
 * Writes tensors as a safetensors file that the format's other readers load. The file appears whole, flushed to the disk,
 * or not at all; no copy of the tensors is made. The bytes depend on nothing but names, order, values and metadata.
 *
 * @throws {RangeError} when a name is given twice or reserved, or an array's length is not its shape's
 * @throws {EcampError} when the disk refuses
 */
export async function writeSafetensors(
  file: string,
  tensors: Iterable<readonly [name: string, array: NdArray]>,
  { metadata = {}, ...permissions }: SafetensorsOptions = {},
): Promise<void> {
  // Larger elements first: every tensor then starts at a multiple of its element's size. The given order otherwise.
  const arrays = [...tensors].sort(
    ([, a], [, b]) => BYTES_PER_ELEMENT[b.dtype] - BYTES_PER_ELEMENT[a.dtype],
  );
  const header: SafetensorsHeader = { tensors: layOut(file, arrays), metadata };
  await writeFileAtomically(file, piecesOf(header, arrays), permissions);
}
