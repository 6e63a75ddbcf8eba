/** @file What a pre-training run is given, tells while it runs, and gives in the end. */
import type { NamedArrays } from "../engine/runtime/program.ts";
import type { EcampConfig } from "../model/config.ts";
import type { PretrainConfig } from "../recipes/pretrain-config.ts";
import type { LoopResult, UpdateReport, ValidationReport } from "../train/loop.ts";
import type { NdArray } from "../util/nd-array.ts";
import type { PretrainInputs } from "./pretrain-inputs.ts";

/** Something that a person may want to see while it happens. */
export type RunEvent =
  | { readonly kind: "note"; readonly text: string }
  | {
      /** Features of a frozen encoder are computed, before the training. */
      readonly kind: "features";
      readonly what: string;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly kind: "started";
      readonly records: number;
      /** How many of the records have a distilled context, and how many a window, where the task reads those. */
      readonly beside?: { readonly contexts: number; readonly windows: number };
      readonly parameters: number;
      readonly updatesPerEpoch: number;
      readonly doneSteps: number;
      readonly lastStep: number;
    }
  | { readonly kind: "update"; readonly report: UpdateReport }
  | { readonly kind: "validation"; readonly report: ValidationReport }
  | { readonly kind: "checkpoint"; readonly path: string };

/** What a watcher may look at between two updates. Nothing of it may be changed. */
export interface RunView {
  readonly config: EcampConfig;
  /** Every parameter by checkpoint name. */
  readonly parameters: NamedArrays;
  /** u8 [B, S, S]: the films of the last micro-batch. */
  readonly image: NdArray;
}

/** Sees every update of a run; the run waits for it. */
export interface RunWatcher extends AsyncDisposable {
  onUpdate(report: UpdateReport, view: RunView): Promise<void> | void;
  onValidation(step: number, losses: Readonly<Record<string, number>>): Promise<void> | void;
}

/** What a watcher is told when a run begins. */
export interface WatchedRun {
  readonly out: string;
  readonly doneSteps: number;
  readonly privacy: PretrainInputs["privacy"];
  readonly note: (text: string) => void;
}

/** A run and how it is watched and stopped. */
export interface PretrainRun {
  /** The run's folder. */
  readonly out: string;
  readonly config: PretrainConfig;
  /** The text of `config.json`, written when the run is new. */
  readonly configText: string;
  /** Go on with the run in `out`. */
  readonly resume: boolean;
  /** May the dataset of a run that goes on be another one than it began with? */
  readonly allowChangedData?: boolean | undefined;
  /** Stop, with a checkpoint, after this update even if the run is longer. */
  readonly stopAfter?: number | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
  /** Opens a watcher when the run's folder stands. */
  readonly watch?: ((run: WatchedRun) => Promise<RunWatcher>) | undefined;
  readonly clock: () => number;
  readonly now: () => Date;
}

/** How a run ended. */
export interface PretrainResult extends LoopResult {
  /** The newest checkpoint's folder. */
  readonly checkpoint: string;
  /** How many records stand in the run's `skipped.jsonl`. */
  readonly skipped: number;
}
