/** @file What the configurations of all downstream tasks share: types only. */
import type { SizeName } from "./sizes.ts";

/** Where a run takes its inputs from and what it runs on. */
export interface DownstreamRunOptions {
  /** The dataset folder. */
  readonly data: string | null;
  /** The encoder to start from: a run, a safetensors or a PyTorch file; `null` draws one of `model.size`. */
  readonly weights: string | null;
  /** Is a patient in two splits no reason to stop? It is written into every result. */
  readonly allowLeak: boolean;
  /** The execution provider. */
  readonly device: string;
  /** Threads of the execution provider: results are the same bits only for the same number. */
  readonly threads: number;
}

/** The encoder, where the weights do not decide. */
export interface EncoderOptions {
  /** The encoder's size when no weights are given. */
  readonly size: SizeName;
  /** Side of the image in pixels; `null` takes the weights' own. Another one interpolates their position table. */
  readonly imageSize: number | null;
  /** Attention heads of weights that do not say it; `null` assumes 64 channels a head. */
  readonly heads: number | null;
  /** Whose mean and standard deviation of grey levels: those that the weights were trained with, or the dataset's. */
  readonly normalization: "weights" | "dataset";
  /** A mean and standard deviation instead of either. */
  readonly mean: number | null;
  readonly std: number | null;
}

/** Optimisation and the course of a run (SPEC 4 and 6). */
export interface DownstreamTrainOptions {
  /** Records in a micro-batch. */
  readonly batch: number;
  /** Micro-batches in one update. */
  readonly accumulate: number;
  /** Updates. */
  readonly steps: number;
  /** The highest learning rate. */
  readonly lr: number;
  /** Updates of linear warm-up from 0. */
  readonly warmupSteps: number;
  /** How the rate falls to 0 afterwards. */
  readonly decay: "cosine" | "linear";
  /** AdamW's moments and stabiliser. */
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Factor on the rate for every block further from the head; 1 for none. */
  readonly layerDecay: number;
  /** The largest global gradient norm; `null` leaves gradients as they are. */
  readonly clip: number | null;
  /** What every random number derives from. */
  readonly seed: number;
  /** Epochs between validations. */
  readonly validateEpochs: number;
  /** At least so many updates lie between two validations; epochs of few labels are short. */
  readonly validateUpdates: number;
  /** Stops after so many validations without gain; `null` never. */
  readonly patience: number | null;
  /** Minutes between checkpoints. */
  readonly checkpointMinutes: number;
  /** What to do when the disk is too full for a checkpoint. */
  readonly onFullDisk: "stop" | "continue";
}

/** How records are read. */
export interface DownstreamDataOptions {
  /** The part of the labelled training records that is learnt from, in percent: 100, or one that the dataset's split has. */
  readonly labels: number;
  /** Threads that decode and augment; results do not depend on their number. */
  readonly workers: number;
  /** Batches prepared ahead. */
  readonly prefetch: number;
  /** What to do with a record whose picture cannot be read. */
  readonly onBadRecord: "error" | "skip";
}

/** What every downstream run depends on. */
export interface DownstreamConfig {
  readonly run: DownstreamRunOptions;
  readonly model: EncoderOptions;
  readonly train: DownstreamTrainOptions;
  readonly data: DownstreamDataOptions;
}
