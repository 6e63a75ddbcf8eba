/** @file The shape of a pre-training configuration: types only. Defaults and recipes give values, the command line may change each. */
import type { FidelityName, FidelityOptions } from "./fidelity.ts";

/** The sizes of the networks (section 3 of the paper; names as in its Figure 2). */
export interface ModelSizes {
  /** Side of the small image in pixels. */
  readonly imageSize: number;
  /** Side of the big image, the target of super-resolution: twice `imageSize`. */
  readonly bigImageSize: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Width, blocks and heads of the image encoder. */
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  /** Width, blocks and heads of the pixel decoder. */
  readonly decoderDim: number;
  readonly decoderDepth: number;
  readonly decoderHeads: number;
  /** Width of a ViT block's hidden layer, as a multiple of its own width. */
  readonly mlpRatio: number;
  /** Width, layers, heads and hidden width of the report decoder. */
  readonly bertDim: number;
  readonly bertDepth: number;
  readonly bertHeads: number;
  readonly bertMlpDim: number;
  /** Tokens of a report, padding included. */
  readonly tokens: number;
  /** Dropout of the report decoder: of its outputs, and of its attention probabilities. */
  readonly dropout: number;
  readonly attentionDropout: number;
  /** Added to the variance in the LayerNorms of the encoder and pixel decoder, and in the report decoder's. */
  readonly layerNormEps: number;
  readonly bertLayerNormEps: number;
}

/** Optimisation and the course of a run (SPEC 3.6). */
export interface TrainOptions {
  /** Pairs in a micro-batch. */
  readonly batch: number;
  /** Micro-batches in one update. */
  readonly accumulate: number;
  /** Epochs that run. */
  readonly epochs: number;
  /** The highest learning rate, absolute: it is not scaled by the batch. */
  readonly lr: number;
  /** Where the cosine ends. */
  readonly minLr: number;
  /** Epochs of linear warm-up from 0. */
  readonly warmupEpochs: number;
  /** The epoch at which the cosine would reach `minLr`; it may lie beyond `epochs`. */
  readonly cosineEpochs: number;
  /** AdamW's moments, its stabiliser, and the decay of parameters with two axes or more. */
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** The largest global gradient norm; `null` leaves gradients as they are. */
  readonly clip: number | null;
  /** Part of the patches that the encoder does not see. */
  readonly maskRatio: number;
  /** What every random number derives from. */
  readonly seed: number;
  /** Minutes between checkpoints. */
  readonly checkpointMinutes: number;
  /** What to do when the disk is too full for a checkpoint: the one before it stands either way. */
  readonly onFullDisk: "stop" | "continue";
  /** Epochs between validations on the records of the split `val`; 0 for none. */
  readonly validateEpochs: number;
}

/** The objective (SPEC 3.3, 3.4 and 5). */
export interface LossOptions {
  /** Factors of the three losses in their sum. */
  readonly mim: number;
  readonly res: number;
  readonly mlm: number;
  /** Is a patch's target normalised by its own mean and variance, as MAE offers? */
  readonly normalizedPatches: boolean;
}

/** How pairs are read and augmented (SPEC 1.2 and 2). */
export interface DataOptions {
  /** Threads that decode and augment; results do not depend on their number. */
  readonly workers: number;
  /** Batches prepared ahead. */
  readonly prefetch: number;
  /** Part of the picture's area that a crop covers, lowest and highest. */
  readonly cropScale: readonly [number, number];
  /** Width over height of a crop, lowest and highest. */
  readonly cropRatio: readonly [number, number];
  /** Normalisation of grey levels in [0, 1]. */
  readonly mean: number;
  readonly std: number;
  /** How often a report's distilled context is inserted into it. */
  readonly insertProbability: number;
  /** The entities: `chest`, `fundus`, or a file of one's own. */
  readonly lexicon: string;
  /** What to do with a record whose picture cannot be read. */
  readonly onBadRecord: "error" | "skip";
}

/** Where a run takes its inputs from and what it runs on. */
export interface RunOptions {
  /** The dataset folder. */
  readonly data: string | null;
  /** The vocabulary, a `tokenizer.json`. */
  readonly tokenizer: string | null;
  /** Weights to start from, such as MAE's; `null` draws them. */
  readonly init: string | null;
  /** The execution provider. */
  readonly device: string;
  /** Threads of the execution provider: results are the same bits only for the same number. */
  readonly threads: number;
}

/** Everything that a pre-training run depends on. */
export interface PretrainConfig {
  readonly run: RunOptions;
  readonly model: ModelSizes;
  readonly train: TrainOptions;
  readonly data: DataOptions;
  readonly loss: LossOptions;
  /** The switches of `fidelity.ts`, one by one. */
  readonly fidelity: FidelityOptions;
}

/** What a recipe changes of the defaults. */
export interface Recipe {
  /** One line: what it is for. */
  readonly about: string;
  /** Which column of `fidelity.ts` its switches start from. */
  readonly fidelity: FidelityName;
  /** Switches that it sets apart from that column. */
  readonly switches?: Partial<FidelityOptions>;
  readonly model?: Partial<ModelSizes>;
  readonly train?: Partial<TrainOptions>;
  readonly data?: Partial<DataOptions>;
  readonly loss?: Partial<LossOptions>;
}
