/** @file What watches a run: the shape that the training calls. */
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { EcampConfig } from "../../model/config.ts";
import type { UpdateReport } from "../../train/loop.ts";
import type { NdArray } from "../../util/nd-array.ts";

/** The run as it stands after an update; to be read, not to be changed. */
export interface RunView {
  readonly config: EcampConfig;
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
  /** u8 [B, S, S]: the films of the last micro-batch. */
  readonly image: NdArray<"u8">;
}

/** Told of every update and validation. */
export interface RunWatcher extends AsyncDisposable {
  onUpdate(
    report: UpdateReport & { readonly gradientNorms?: Readonly<Record<string, number>> },
    look: RunView,
  ): Promise<void> | void;
  onValidation(step: number, losses: Readonly<Record<string, number>>): Promise<void> | void;
}
