/** @file What fine-tuning asks of a task, such as classification: what it reads, what it trains, what it is fed and compared by. */
import type { Privacy } from "../../data/record.ts";
import type { RepairCounts } from "../../data/repairs.ts";
import type { Device } from "../../engine/runtime/device.ts";
import type { Parameter } from "../../nn/scope.ts";
import type { DownstreamConfig } from "../../recipes/downstream-config.ts";
import type { MicroBatch, Validation } from "../../train/loop.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import type { ParameterStore } from "../../train/parameter-store.ts";
import type { StepVariants } from "../../train/step-variants.ts";
import type { Course, OnSkipped } from "../micro-batches.ts";
import type { EncoderSource } from "./encoder-source.ts";
import type { FinetuneRun } from "./finetune-run.ts";
import type { RunRecords } from "./trained-on.ts";

/** What is told while inputs are opened, and what stops it. */
export interface InputEvents {
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A model that can be trained when its parameters have been filled. */
export interface PreparedModel extends AsyncDisposable {
  readonly store: ParameterStore;
  /** Every parameter, trained or not. */
  readonly parameters: readonly Parameter[];
  /** Numbers in those that are trained. */
  readonly trainedCount: number;
  readonly steps: StepVariants;
  readonly optimizer: Optimizer;
}

/** What a run learns from, and how its models are compared. */
export interface Feeding {
  readonly batchesAfter: (doneSteps: number) => AsyncGenerator<MicroBatch>;
  readonly validation: Validation | undefined;
  readonly course: Course;
  /** What was mended so far in the records that were read; absent where there is nothing to mend. */
  readonly mended?: () => RepairCounts;
}

/** Who is told, and what stops it. */
export interface FeedingWatch extends Pick<FinetuneRun, "signal" | "clock" | "onEvent"> {
  readonly onSkipped: OnSkipped;
}

/** A task whose inputs are open and whose model is allocated. */
export interface OpenTask extends RunRecords, AsyncDisposable {
  /** The configuration as it is computed: an update takes no more records than there are to learn from. */
  readonly config: DownstreamConfig;
  /** SHA-256 by name, for the state of a checkpoint. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly privacy: Privacy;
  readonly source: EncoderSource;
  /** What comes before the names of the encoder's parameters, such as `encoder.`. */
  readonly encoderPrefix: string;
  /** Where the encoder's final norm goes: nowhere, or in place of the head's own. */
  readonly norm: "fresh" | "encoder";
  readonly prepared: PreparedModel;
  /** The header of a model's file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The part of the model that a parameter is of, for the log. */
  readonly partOf: (parameter: string) => string;
  /** Called once the parameters stand. */
  readonly feed: (watch: FeedingWatch) => Promise<Feeding>;
}

/** What a task is opened with. */
export interface TaskOpening extends InputEvents {
  /** The weights that say what the encoder is; null where it is drawn. */
  readonly encoder: string | null;
  /** The checkpoint that the run goes on from; undefined for a new run. */
  readonly goesOnFrom: string | undefined;
  readonly device: Device;
  readonly clock: () => number;
}

/** Opens a task. */
export type TaskOpener<Config extends DownstreamConfig> = (
  config: Config,
  opening: TaskOpening,
) => Promise<OpenTask>;
