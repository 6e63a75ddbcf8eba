/** @file Safetensors files: read tensor by tensor from their places, written as a stream that appears whole or not at all. */
import type { FileHandle } from "node:fs/promises";
import { writeFileAtomically } from "../util/atomic-file.ts";
import { describeShape, type NdArray, sizeOf } from "../util/nd-array.ts";
import { type OpenHandle, openHandle, readFully, toHostArray } from "./read-range.ts";
import { refuseTensor } from "./refuse-file.ts";
import {
  encodeHeader,
  headerLength,
  LENGTH_BYTES,
  layOut,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
} from "./safetensors-header.ts";
import { FILE_TYPE_OF } from "./safetensors-types.ts";
import type { StoredTensor, WeightsFile } from "./weights-file.ts";

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
  readonly mode: number;
  readonly #handle: FileHandle;
  readonly #tensors: ReadonlyMap<string, TensorInfo>;
  readonly #dataStart: number;

  constructor(
    file: string,
    { handle, mode }: OpenHandle,
    header: SafetensorsHeader & { readonly dataStart: number },
  ) {
    this.file = file;
    this.names = [...header.tensors.keys()];
    this.metadata = header.metadata;
    this.mode = mode;
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
    return new OpenSafetensors(file, opened, await readHeader(opened, file));
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
}

type Arrays = ReadonlyMap<string, NdArray>;

/** The arrays by name. Refuses one that is given twice, or whose length is not its shape's. */
function arraysByName(
  file: string,
  tensors: Iterable<readonly [name: string, array: NdArray]>,
): Arrays {
  const arrays = new Map<string, NdArray>();
  for (const [name, array] of tensors) {
    const { dtype, shape, data } = array;
    const refuse = (found: string): never => {
      throw new RangeError(`Cannot write tensor "${name}" to weights "${file}": ${found}`);
    };
    if (arrays.has(name)) refuse("it is given twice");
    if (data.length !== sizeOf(shape)) {
      refuse(`it has ${data.length} elements, ${describeShape({ dtype, shape })} expected`);
    }
    arrays.set(name, array);
  }
  return arrays;
}

const storedAs = ({ dtype, shape, data }: NdArray): StoredTensor => ({
  type: FILE_TYPE_OF[dtype],
  shape,
  byteLength: data.byteLength,
});

function* piecesOf(header: SafetensorsHeader, arrays: Arrays): Generator<Uint8Array> {
  yield encodeHeader(header);
  for (const name of header.tensors.keys()) {
    const data = arrays.get(name)?.data;
    if (data !== undefined) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
  const arrays = arraysByName(file, tensors);
  const placed = layOut([...arrays].map(([name, array]) => [name, storedAs(array)]));
  const header: SafetensorsHeader = { tensors: placed, metadata };
  await writeFileAtomically(file, piecesOf(header, arrays), permissions);
}
