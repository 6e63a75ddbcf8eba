/** @file What every kind of weight file looks like once it is open, whatever its format. */
import type { NdArray, Shape } from "../util/nd-array.ts";
import type { FileType } from "./safetensors-types.ts";

/** The formats that can be read. */
export type WeightsFormat = "safetensors" | "safetensors-shards" | "pytorch-zip" | "pytorch-legacy";

/** What a file says of one tensor. */
export interface StoredTensor {
  /** The element type as the file stores it. */
  readonly type: FileType;
  readonly shape: Shape;
  /** Bytes of all elements, one after another. */
  readonly byteLength: number;
}

/** Something that lies in a file beside the tensors, such as an epoch or an optimiser's state. */
export interface BesideTensors {
  /** Where it lies, such as `optimizer`. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly what: string;
}

/** An open file, checked. Tensors are read when asked for, and only then take memory. */
export interface WeightsFile extends AsyncDisposable {
  /** The path that was opened. */
  readonly file: string;
  readonly format: WeightsFormat;
  /** Permission bits, such as 0o600 for a private file: who may read and write every part of it. */
  readonly mode: number;
  /** Every tensor's name, in the file's order. */
  readonly names: readonly string[];
  /** Texts that a safetensors file carries; empty for a PyTorch file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What is in the file and is no tensor of the model. */
  readonly beside: readonly BesideTensors[];
  /** A tensor's type and shape. Throws `WeightsError` when there is none of that name. */
  info(name: string): StoredTensor;
  /**
   * A tensor as a host array of its own: f16 and bf16 are widened to f32; i8, i16 and u16 to i32. Throws `WeightsError`
   * when there is none of that name, when no host array holds its type, and when the file has been cut since.
   */
  read(name: string): Promise<NdArray>;
  /** A tensor's elements in the file's own type, row-major and little-endian, in a buffer of their own. */
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Closes the file; so does leaving the scope of an `await using`. */
  close(): Promise<void>;
}
