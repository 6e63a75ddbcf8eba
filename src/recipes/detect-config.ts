/** @file The shape of a detection run's configuration: types only. Defaults and recipes give values, the command line may change each. */
import type {
  DownstreamDataOptions,
  DownstreamRunOptions,
  EncoderOptions,
} from "./downstream-config.ts";
import type { DetectFidelityOptions, FidelityName } from "./fidelity.ts";
import type { AugmentOptions, DenseTrainOptions } from "./segment-config.ts";

/** The detector, where the weights do not decide. */
export interface DetectorOptions extends EncoderOptions {
  /** How much wider a bottleneck's output is than its middle: 8 in the paper's runs on 1 and 10 % of labels, 4 on all. */
  readonly expansion: 4 | 8;
  /** Channels of the features at each scale, the coarsest first; the neck's follow from them. Published: 2048, 1024 and 512. */
  readonly channels: readonly [coarse: number, middle: number, fine: number];
  /** The sizes that boxes are found by: YOLOv3's, or those that the training boxes themselves group into. */
  readonly anchors: "yolo" | "fit";
  /** Boxes below this objectness are no detections. */
  readonly objectness: number;
  /** A box that overlaps a surer one of its class this far is that one's. */
  readonly maxOverlap: number;
}

/** Optimisation and the course of a run (SPEC 4.3 and 6). */
export interface DetectTrainOptions extends DenseTrainOptions {
  /** What the best model is chosen by on the split val: mAP of all pictures, or the loss. */
  readonly selectBy: "map" | "loss";
  /** No validation in the first so many epochs. */
  readonly validateFrom: number;
}

/** How records are read and augmented. */
export interface DetectDataOptions extends DownstreamDataOptions, AugmentOptions {
  /** The classes to find; `null` takes all that records have boxes of. */
  readonly classes: readonly string[] | null;
  /** The most boxes of a picture. */
  readonly maxBoxes: number;
}

/** Everything that a detection run depends on. */
export interface DetectConfig {
  readonly run: DownstreamRunOptions;
  readonly model: DetectorOptions;
  readonly train: DetectTrainOptions;
  readonly data: DetectDataOptions;
  readonly fidelity: DetectFidelityOptions;
}

/** What a recipe changes of the defaults. */
export interface DetectRecipe {
  /** One line: what it is for. */
  readonly about: string;
  /** Which column of `fidelity.ts` its switches start from. */
  readonly fidelity: FidelityName;
  readonly switches?: Partial<DetectFidelityOptions>;
  readonly model?: Partial<DetectorOptions>;
  readonly train?: Partial<DetectTrainOptions>;
  readonly data?: Partial<DetectDataOptions>;
}
