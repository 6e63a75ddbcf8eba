/** @file What tells one dense task from another: segmentation marks pixels, detection boxes. Everything else they share. */

import type { Fields } from "../../data/batch-job.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { DatasetIndex } from "../../data/dataset-index.ts";
import type { Batch } from "../../data/loader.ts";
import type { DatasetRecord } from "../../data/record.ts";
import type { JobReference } from "../../data/worker-task.ts";
import type { NamedArrays } from "../../engine/runtime/program.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { DecodeOptions } from "../../image/decode.ts";
import type { Normalization } from "../../model/grey-image.ts";
import type { Scope } from "../../nn/scope.ts";
import type { DownstreamConfig, DownstreamDataOptions } from "../../recipes/downstream-config.ts";
import type { DenseTrainOptions } from "../../recipes/segment-config.ts";
import type { Losses, Objective } from "../../train/step-program.ts";
import type { EncoderArchitecture } from "../finetune/trained-encoder.ts";

/** What the configurations of dense tasks share. */
export interface DenseConfig extends DownstreamConfig {
  readonly train: DenseTrainOptions;
  readonly data: DownstreamDataOptions & { readonly classes: readonly string[] | null };
}

/** Named results of a head, by the names that its graph gives them. */
export type Outputs = ReadonlyMap<string, Float32Array>;

/** A model behind the encoder, and how it learns and is judged. */
export interface DenseHead<F extends Fields> {
  /** What comes before the names of the encoder's parameters. */
  readonly encoderPrefix: string;
  /** Is a parameter the encoder's own, so that it rests where the encoder is frozen? */
  readonly isEncoder: (parameter: string) => boolean;
  /** Normalised images [B, 3, S, S] → what the model says of them. */
  readonly outputs: (
    scope: Scope,
    image: Tensor,
    how: { readonly training: boolean },
  ) => Readonly<Record<string, Tensor>>;
  /** What is minimised; it reads the inputs that `targetsOf` feeds. */
  readonly objective: (outputs: Readonly<Record<string, Tensor>>) => Objective;
  /** What is true of a batch, as the inputs of the objective. */
  readonly targetsOf: (batch: Pick<Batch<F>, "arrays">) => NamedArrays;
  /** Begins to judge a split. */
  readonly judge: () => Judge<F>;
  /** What a model's file says of it, beside its encoder. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Adds up how good a model is, batch by batch. */
export interface Judge<F extends Fields> {
  /** @param rows the samples of the batch that count */
  readonly add: (
    batch: Pick<Batch<F>, "arrays">,
    outputs: Outputs,
    rows: readonly number[],
  ) => void;
  /** Measures by name; none that the records do not determine. */
  readonly measures: () => Losses;
  /** Was there anything to find? A record may name a mask in which nothing is. */
  readonly hasPositives: () => boolean;
}

/** Which view of pictures is made: drawn anew in every epoch, or always the same. */
export type DenseView = "training" | "evaluation";

/** What a loader's job is made of. */
export interface JobContext<Config> {
  readonly config: Config;
  readonly dataset: Pick<Dataset, "imageRoot" | "maskRoot">;
  readonly index: DatasetIndex;
  readonly classes: readonly string[];
  /** Side of a view, in pixels. */
  readonly size: number;
  readonly decode: DecodeOptions;
  readonly view: DenseView;
}

/** What a head is made of. */
export interface HeadContext<Config> {
  readonly config: Config;
  readonly architecture: EncoderArchitecture;
  readonly classes: readonly string[];
  /** The records that are learnt from. */
  readonly train: DatasetIndex;
  /** The checkpoint that the run goes on from; what a new run finds out from its records stands there. */
  readonly goesOnFrom: string | undefined;
  readonly dataset: Pick<Dataset, "imageRoot" | "manifest">;
  readonly normalization: Normalization;
  /** Was the run begun although splits share patients or pictures? */
  readonly leaks: boolean;
  readonly note: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A dense task. */
export interface DenseTask<Config extends DenseConfig, F extends DenseFields> {
  /** For messages: `segment`. */
  readonly verb: string;
  /** For messages: `masks`. */
  readonly marks: string;
  /** The classes that a record marks. */
  readonly markedClasses: (record: DatasetRecord, config: Config) => readonly string[];
  /** For messages: what a record has that could be marks, and how it would be; undefined where it has nothing. */
  readonly otherMarks?: (record: DatasetRecord, config: Config) => string | undefined;
  /** Is it known where something is in a record's picture, or that it is nowhere? */
  readonly isKnown: (record: DatasetRecord, classes: readonly string[], config: Config) => boolean;
  /** Is something marked? */
  readonly isPositive: (
    record: DatasetRecord,
    classes: readonly string[],
    config: Config,
  ) => boolean;
  /** Are negatives of the training records left out, so that there are no more of them than positives? */
  readonly balances: (config: Config) => boolean;
  readonly job: (context: JobContext<Config>) => JobReference;
  readonly head: (context: HeadContext<Config>) => Promise<DenseHead<F>>;
  /** How pictures are decoded. */
  readonly decode: (config: Config) => DecodeOptions;
  /** By which measure of a validation models are compared, and whether more of it is better. */
  readonly select: (config: Config) => { readonly measure: string; readonly more: boolean };
  /** The first epoch whose end is validated, from 0. */
  readonly validateFrom: (config: Config) => number;
}

/** Every dense batch has pictures. */
export type DenseFields = Fields & {
  /** [S, S]: grey levels. */
  readonly image: { readonly dtype: "u8"; readonly shape: readonly number[] };
};
