/** @file PyTorch checkpoints (`.pth`, `.pt`, `.bin`) of both forms, read without executing anything, tensor by tensor. */
import type { FileHandle } from "node:fs/promises";
import type { NdArray } from "../../util/nd-array.ts";
import { type OpenHandle, openHandle, readFully, toHostArray } from "../read-range.ts";
import { refuseFile, refuseTensor } from "../refuse-file.ts";
import { FILE_BYTES } from "../safetensors-types.ts";
import type { BesideTensors, StoredTensor, WeightsFile, WeightsFormat } from "../weights-file.ts";
import type { Archive } from "./archive.ts";
import { openLegacyArchive } from "./legacy-archive.ts";
import type { Pickled, TensorView } from "./pickled.ts";
import { findStateDict, type StateDict } from "./state-dict.ts";
import { gather, isContiguous, leavesStorage, spanOf, viewBytes } from "./tensor-view.ts";
import { openZipArchive } from "./zip-archive.ts";

/** Views may repeat elements, and so take more than the file has; up to this many bytes they always may. */
const ALWAYS_ALLOWED_BYTES = 2 ** 24;

/** Everything that a checkpoint holds. */
export interface Checkpoint extends AsyncDisposable {
  readonly file: string;
  readonly format: Extract<WeightsFormat, "pytorch-zip" | "pytorch-legacy">;
  /** The saved value; tensors are described, not read. */
  readonly content: Pickled;
  /** See `WeightsFile`. */
  readonly mode: number;
  /**
   * The elements of one of its tensors in the file's own type, row-major. Throws `WeightsError` when the file has been cut since,
   * or when the tensor repeats elements so often that it is far larger than the file.
   */
  readTensor(view: TensorView, name: string): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

class OpenCheckpoint implements Checkpoint {
  readonly file: string;
  readonly format: Checkpoint["format"];
  readonly content: Pickled;
  readonly mode: number;
  readonly #handle: FileHandle;
  readonly #fileBytes: number;
  readonly #placeOf: Archive["placeOf"];

  constructor(
    { file, format }: Pick<Checkpoint, "file" | "format">,
    { handle, fileBytes, mode }: OpenHandle,
    { value, placeOf }: Archive,
  ) {
    this.file = file;
    this.format = format;
    this.content = value;
    this.mode = mode;
    this.#handle = handle;
    this.#fileBytes = fileBytes;
    this.#placeOf = placeOf;
  }

  async readTensor(view: TensorView, name: string): Promise<Uint8Array<ArrayBuffer>> {
    const size = viewBytes(view);
    if (size > Math.max(this.#fileBytes, ALWAYS_ALLOWED_BYTES)) {
      refuseTensor(
        this.file,
        name,
        `it takes ${size} bytes, more than the ${this.#fileBytes} of its file`,
      );
    }
    if (leavesStorage(view)) {
      refuseTensor(this.file, name, `it leaves its storage of ${view.storage.count} elements`);
    }
    const { first, count } = spanOf(view);
    const width = FILE_BYTES[view.storage.type];
    const bytes = new Uint8Array(count * width);
    const place = (await this.#placeOf(view.storage)) + first * width;
    const found = await readFully(this.#handle, bytes, place);
    if (found < bytes.length) {
      refuseTensor(this.file, name, `the file ended after ${found} of its ${bytes.length} bytes`);
    }
    return isContiguous(view) ? bytes : gather(view, bytes);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const ZIP_MAGIC = "PK";

/**
 * Opens a checkpoint and describes all that it holds; no tensor is read yet, and nothing is executed, whatever the file asks for.
 * @throws {WeightsError} when the file is missing, damaged, truncated, no PyTorch file, or asks for anything but tensors and
 * plain data (which is then named)
 */
export async function openCheckpoint(file: string): Promise<Checkpoint> {
  const opened = await openHandle(file, "a PyTorch file");
  const { handle, fileBytes } = opened;
  try {
    if (fileBytes === 0) refuseFile(file, "it is empty");
    const start = new Uint8Array(2);
    await readFully(handle, start, 0);
    const isZip = Buffer.from(start).toString("latin1") === ZIP_MAGIC;
    const archive = await (isZip ? openZipArchive : openLegacyArchive)({ file, ...opened });
    const format = isZip ? "pytorch-zip" : "pytorch-legacy";
    return new OpenCheckpoint({ file, format }, opened, archive);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class PyTorchWeights implements WeightsFile {
  readonly names: readonly string[];
  readonly metadata: Readonly<Record<string, string>> = {};
  readonly beside: readonly BesideTensors[];
  readonly #checkpoint: Checkpoint;
  readonly #tensors: ReadonlyMap<string, TensorView>;

  constructor(checkpoint: Checkpoint, { tensors, beside }: StateDict) {
    this.names = [...tensors.keys()];
    this.beside = beside;
    this.#checkpoint = checkpoint;
    this.#tensors = tensors;
  }

  get file(): string {
    return this.#checkpoint.file;
  }

  get format(): WeightsFormat {
    return this.#checkpoint.format;
  }

  get mode(): number {
    return this.#checkpoint.mode;
  }

  #view(name: string): TensorView {
    const view = this.#tensors.get(name);
    if (view === undefined) {
      refuseTensor(this.file, name, `there is none of that name among its ${this.names.length}`);
    }
    return view;
  }

  info(name: string): StoredTensor {
    const view = this.#view(name);
    return { type: view.storage.type, shape: view.shape, byteLength: viewBytes(view) };
  }

  async read(name: string): Promise<NdArray> {
    return toHostArray({ file: this.file, name }, this.info(name), await this.readBytes(name));
  }

  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#checkpoint.readTensor(this.#view(name), name);
  }

  close(): Promise<void> {
    return this.#checkpoint.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens the model's tensors of a checkpoint.
 *
 * @example
 * await using weights = await openPyTorch("mae_pretrain_vit_base.pth");
 * const table = await weights.read("pos_embed");
 *
 * @throws {WeightsError} as {@link openCheckpoint}, and when the checkpoint holds no tensors of a model
 */
export async function openPyTorch(file: string): Promise<WeightsFile> {
  const checkpoint = await openCheckpoint(file);
  try {
    return new PyTorchWeights(checkpoint, findStateDict(file, checkpoint.content));
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}
