/** @file Reads a fixture folder: `fixture.json` with `tensors.safetensors` and/or `cases.jsonl`. */
import type { NdArray } from "../util/nd-array.ts";

/** A fixture folder, its small file parsed and its large ones read when asked. */
export interface Fixture {
  /** The folder. */
  readonly directory: string;
  /** Which replay it wants, such as `pretrain`. */
  readonly kind: string;
  /** `fixture.json` as it stands; each kind parses what it uses with zod. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The names in `tensors.safetensors`, in file order; empty when there is none. */
  readonly tensorNames: readonly string[];
  /** One tensor by its name. Throws `ManifestError` when it is absent. */
  tensor(name: string): Promise<NdArray>;
  /** The lines of `cases.jsonl` (or another JSONL file of the folder), parsed. */
  cases(file?: string): Promise<readonly unknown[]>;
}
