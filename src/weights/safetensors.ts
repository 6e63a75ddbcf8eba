/** @file Safetensors files: read tensor by tensor from their places, written as a stream that appears whole or not at all. */
import type { FileHandle } from "node:fs/promises";
import { writeFileAtomically } from "../util/atomic-file.ts";
import { BYTES_PER_ELEMENT, describeShape, type NdArray, sizeOf } from "../util/nd-array.ts";
import { type OpenHandle, openHandle, readFully, refuseTensor, toHostArray } from "./read-range.ts";
import {
  encodeHeader,
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
} from "./safetensors-header.ts";
import { FILE_TYPE_OF } from "./safetensors-types.ts";
import type { WeightsFile } from "./weights-file.ts";

export type { TensorInfo } from "./safetensors-header.ts";

/** An open safetensors file, its header checked. */
export interface SafetensorsFile extends WeightsFile {
  readonly format: "safetensors";
  /** A tensor's type, shape and place. Throws `WeightsError` when there is none of that name. */
  info(name: string): TensorInfo;
}

/** What goes into a file besides the tensors. */
export interface SafetensorsOptions {
  /** Texts for `__metadata__`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Permission bits before the umask, such as 0o600 for a private file; 0o666 by default. */
  readonly mode?: number;
}

async function readHeader(
  { handle, fileBytes }: OpenHandle,
  file: string,
): Promise<SafetensorsHeader & { readonly dataStart: number }> {
  const prefix = new Uint8Array(Math.min(LENGTH_BYTES, fileBytes));
  await readFully(handle, prefix, 0);
  const bytes = new Uint8Array(headerLength(prefix, { file, fileBytes }));
  await readFully(handle, bytes, LENGTH_BYTES);
  const dataStart = LENGTH_BYTES + bytes.length;
  const header = parseHeader(bytes, { file, dataBytes: fileBytes - dataStart });
  return { ...header, dataStart };
}

class OpenSafetensors implements SafetensorsFile {
  readonly file: string;
  readonly format = "safetensors";
  readonly beside: readonly [] = [];
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
    if (info === undefined) {
      refuseTensor(this.file, name, `there is none of that name among its ${this.names.length}`);
    }
    return info;
  }

  async read(name: string): Promise<NdArray> {
    return toHostArray({ file: this.file, name }, this.info(name), await this.readBytes(name));
  }

  async readBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { byteOffset, byteLength } = this.info(name);
    const bytes = new Uint8Array(byteLength);
    const found = await readFully(this.#handle, bytes, this.#dataStart + byteOffset);
    if (found < byteLength) {
      refuseTensor(this.file, name, `the file ended after ${found} of its ${byteLength} bytes`);
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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
  const opened = await openHandle(file, "a safetensors file");
  try {
    return new OpenSafetensors(file, opened.handle, await readHeader(opened, file));
  } catch (error) {
    await opened.handle.close();
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
