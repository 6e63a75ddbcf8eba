/** @file The shape of a segmentation run's configuration: types only. Defaults and recipes give values, the command line may change each. */
import type {
  DownstreamDataOptions,
  DownstreamRunOptions,
  DownstreamTrainOptions,
  EncoderOptions,
} from "./downstream-config.ts";
import type { FidelityName, SegmentFidelityOptions } from "./fidelity.ts";

/** The segmenter, where the weights do not decide. */
export interface SegmenterOptions extends EncoderOptions {
  /** One decoder with an output for each class, or a decoder for each (RIGA). */
  readonly decoders: "shared" | "separate";
  /** Channels behind each step of a decoder, which doubles the side: as many as it takes from patches to pixels, four for patches of 16. */
  readonly decoderWidths: readonly number[];
}

/** What every dense task adds to the course of a run. */
export interface DenseTrainOptions extends DownstreamTrainOptions {
  /** Is the encoder trained too? Frozen, its norms and weights stay those that it came with. */
  readonly trainEncoder: boolean;
}

/** Optimisation and the course of a run (SPEC 4.2 and 6). */
export interface SegmentTrainOptions extends DenseTrainOptions {
  /**
   * What the best model is chosen by on the split val: the mean Dice of all pictures, of those with something to find, or the loss. Where
   * most pictures have nothing, predicting nothing has a high Dice of all.
   */
  readonly selectBy: "dice" | "dicePositives" | "loss";
}

/** How pictures and what is marked in them are moved in training. */
export interface AugmentOptions {
  /** How often a picture is scaled and turned. */
  readonly probability: number;
  /** Factors of width and height, drawn apart, lowest and highest. */
  readonly scale: readonly [number, number];
  /** The greatest turn either way, in degrees. */
  readonly rotate: number;
  /** Are pictures flipped, each with probability ½? */
  readonly flip: "image" | "none";
}

/** How records are read and augmented. */
export interface SegmentDataOptions extends DownstreamDataOptions, AugmentOptions {
  /** The classes to find; `null` takes all that records have masks of. */
  readonly classes: readonly string[] | null;
  /** Are masks pictures of their own, or the filled boxes of a record? */
  readonly masksFrom: "masks" | "boxes";
  /** Training pictures without anything to find: all of them, or as many as there are with something. */
  readonly negatives: "all" | "balanced";
}

/** Everything that a segmentation run depends on. */
export interface SegmentConfig {
  readonly run: DownstreamRunOptions;
  readonly model: SegmenterOptions;
  readonly train: SegmentTrainOptions;
  readonly data: SegmentDataOptions;
  readonly fidelity: SegmentFidelityOptions;
}

/** What a recipe changes of the defaults. */
export interface SegmentRecipe {
  /** One line: what it is for. */
  readonly about: string;
  /** Which column of `fidelity.ts` its switches start from. */
  readonly fidelity: FidelityName;
  readonly switches?: Partial<SegmentFidelityOptions>;
  readonly model?: Partial<SegmenterOptions>;
  readonly train?: Partial<SegmentTrainOptions>;
  readonly data?: Partial<SegmentDataOptions>;
}
