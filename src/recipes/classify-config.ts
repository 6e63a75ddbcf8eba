/** @file The shape of a classification run's configuration: types only. Defaults and recipes give values, the command line may change each. */
import type {
  DownstreamDataOptions,
  DownstreamRunOptions,
  DownstreamTrainOptions,
  EncoderOptions,
} from "./downstream-config.ts";
import type { ClassifyFidelityOptions, FidelityName } from "./fidelity.ts";

/** The classifier, where the weights do not decide. */
export interface ClassifierOptions extends EncoderOptions {
  /** Rate of stochastic depth in the last block, in training; it rises linearly from 0 in the first. */
  readonly dropPath: number;
}

/** Optimisation and the course of a run (SPEC 4.1 and 6). */
export interface ClassifyTrainOptions extends DownstreamTrainOptions {
  /** Train every parameter, or only the head on features of the frozen encoder. */
  readonly mode: "finetune" | "probe";
  readonly optimizer: "sgd" | "adamw";
  /** SGD's. */
  readonly momentum: number;
  /** With AdamW of parameters with two axes or more, with SGD of all. */
  readonly weightDecay: number;
  /** `balanced`: a present label counts as much more as it is rarer than its absence, up to 100 times. Multi-label only. */
  readonly positiveWeight: "none" | "balanced";
}

/** How records are read and augmented. */
export interface ClassifyDataOptions extends DownstreamDataOptions {
  /** Any number of classes in a record, or one; `auto` sees which the records say. */
  readonly task: "auto" | "multi-label" | "single-label";
  /** What an uncertain label (−1) counts as. */
  readonly uncertain: "ignore" | "zeros" | "ones";
  /** Part of the picture's area that a crop covers in training, lowest and highest. */
  readonly cropScale: readonly [number, number];
  /** Width over height of a crop, lowest and highest. */
  readonly cropRatio: readonly [number, number];
  /** Are pictures flipped in training, each with probability ½? */
  readonly flip: "image" | "none";
  /** Outside training the shorter side is resized to the image's side divided by this before the middle is cut out. */
  readonly cropPart: number;
}

/** Everything that a classification run depends on. */
export interface ClassifyConfig {
  readonly run: DownstreamRunOptions;
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
