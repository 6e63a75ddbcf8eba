/** @file The shape of a classification run's configuration: types only. Defaults and recipes give values, the command line may change each. */
import type { ClassifyFidelityOptions, FidelityName } from "./fidelity.ts";
import type { SizeName } from "./sizes.ts";

/** Where a run takes its inputs from and what it runs on. */
export interface ClassifyRunOptions {
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

/** The classifier, where the weights do not decide. */
export interface ClassifierOptions {
  /** The encoder's size when no weights are given. */
  readonly size: SizeName;
  /** Side of the image in pixels; `null` takes the weights' own. Another one interpolates their position table. */
  readonly imageSize: number | null;
  /** Attention heads of weights that do not say it; `null` assumes 64 channels a head. */
  readonly heads: number | null;
  /** Rate of stochastic depth in the last block, in training; it rises linearly from 0 in the first. */
  readonly dropPath: number;
  /** Whose mean and standard deviation of grey levels: those that the weights were trained with, or the dataset's. */
  readonly normalization: "weights" | "dataset";
  /** A mean and standard deviation instead of either. */
  readonly mean: number | null;
  readonly std: number | null;
}

/** Optimisation and the course of a run (SPEC 4.1 and 6). */
export interface ClassifyTrainOptions {
  /** Train every parameter, or only the head on features of the frozen encoder. */
  readonly mode: "finetune" | "probe";
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
  readonly optimizer: "sgd" | "adamw";
  /** SGD's. */
  readonly momentum: number;
  /** AdamW's moments and stabiliser. */
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** With AdamW of parameters with two axes or more, with SGD of all. */
  readonly weightDecay: number;
  /** Factor on the rate for every block further from the head; 1 for none. */
  readonly layerDecay: number;
  /** The largest global gradient norm; `null` leaves gradients as they are. */
  readonly clip: number | null;
  /** `balanced`: a present label counts as much more as it is rarer than its absence, up to 100 times. Multi-label only. */
  readonly positiveWeight: "none" | "balanced";
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

/** How records are read and augmented. */
export interface ClassifyDataOptions {
  /** The part of the labelled training records that is learnt from, in percent: 100, or one that the dataset's split has. */
  readonly labels: number;
  /** Any number of classes in a record, or one; `auto` sees which the records say. */
  readonly task: "auto" | "multi-label" | "single-label";
  /** What an uncertain label (−1) counts as. */
  readonly uncertain: "ignore" | "zeros" | "ones";
  /** Threads that decode and augment; results do not depend on their number. */
  readonly workers: number;
  /** Batches prepared ahead. */
  readonly prefetch: number;
  /** Part of the picture's area that a crop covers in training, lowest and highest. */
  readonly cropScale: readonly [number, number];
  /** Width over height of a crop, lowest and highest. */
  readonly cropRatio: readonly [number, number];
  /** Are pictures flipped in training, each with probability ½? */
  readonly flip: "image" | "none";
  /** Outside training the shorter side is resized to the image's side divided by this before the middle is cut out. */
  readonly cropPart: number;
  /** What to do with a record whose picture cannot be read. */
  readonly onBadRecord: "error" | "skip";
}

/** Everything that a classification run depends on. */
export interface ClassifyConfig {
  readonly run: ClassifyRunOptions;
  readonly model: ClassifierOptions;
  readonly train: ClassifyTrainOptions;
  readonly data: ClassifyDataOptions;
  readonly fidelity: ClassifyFidelityOptions;
}

/** What a recipe changes of the defaults. */
export interface ClassifyRecipe {
  /** One line: what it is for. */
  readonly about: string;
  /** Which column of `fidelity.ts` its switches start from. */
  readonly fidelity: FidelityName;
  readonly switches?: Partial<ClassifyFidelityOptions>;
  readonly model?: Partial<ClassifierOptions>;
  readonly train?: Partial<ClassifyTrainOptions>;
  readonly data?: Partial<ClassifyDataOptions>;
}
