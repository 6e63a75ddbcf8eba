/** @file What a fine-tuning run is given and what it gives in the end. */
import type { RepairCounts } from "../../data/repairs.ts";
import type { DownstreamConfig } from "../../recipes/downstream-config.ts";
import type { LoopResult } from "../../train/loop.ts";
import type { RunEvent } from "../pretrain-run.ts";

/** A run and how it is watched and stopped. */
export interface FinetuneRun<Config extends DownstreamConfig = DownstreamConfig> {
  /** The run's folder. */
  readonly out: string;
  readonly config: Config;
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
  readonly clock: () => number;
  readonly now: () => Date;
}

/** How a run ended. */
export interface FinetuneResult extends LoopResult {
  /** The model to use: the best by validation, or the newest where nothing was validated. */
  readonly model: string;
  /** The best validation: its update, and its value by the task's measure, such as mean AUROC, Dice or mAP; by the loss, where `by` says so. */
  readonly best:
    | { readonly step: number; readonly value: number; readonly by?: string }
    | undefined;
  /** How many records stand in the run's `skipped.jsonl`. */
  readonly skipped: number;
  /** What was mended in the records that this part of the run has read, each counted once. */
  readonly mended: RepairCounts;
}
