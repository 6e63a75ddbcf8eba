/**
 * @file What the switches of the fidelity mean to the layers below, as plain options. Every switch is read here, once, and
 * nowhere else.
 */
import type { WindowFrame } from "../data/pretraining-job.ts";
import type { DecodeOptions } from "../image/decode.ts";
import type { MaskResize } from "../image/dense-view.ts";
import type { Fit } from "../image/letterbox.ts";
import type { TrainingViewOptions } from "../image/training-view.ts";
import type { EcampConfig } from "../model/config.ts";
import type { Counting } from "../model/ecamp-losses.ts";
import type {
  ClassifyFidelityOptions,
  DetectFidelityOptions,
  FidelityOptions,
  SegmentFidelityOptions,
} from "../recipes/fidelity.ts";
import type { SentenceRule } from "../text/compose-sentence.ts";
import type { DescriptorMasking } from "../text/mask-tokens.ts";
import type { EntityMatching } from "../text/text-settings.ts";

/** How pictures are decoded. */
export type DecodingMethod = Required<Pick<DecodeOptions, "sixteenBit">>;

/** The method of a run, in the words of the layers that compute it. */
export interface MethodOptions {
  readonly architecture: Pick<EcampConfig, "positionExponent" | "finalRelu" | "tiedDecoder">;
  readonly pixelMean: Counting["pixelMean"];
  /** Are words found at every place of a text, or at the masked ones only? */
  readonly words: "every" | "masked";
  readonly text: {
    readonly descriptors: DescriptorMasking;
    readonly swapsSides: boolean;
    /** Are entities tokens that equal one, or words that are a form of one? */
    readonly entities: EntityMatching;
    /** Which stock phrases are diminished. */
    readonly phrases: "two" | "list";
    /** Do sentences end at every dot, or where a reader sees them end? */
    readonly sentences: SentenceRule;
  };
  readonly view: Required<Pick<TrainingViewOptions, "flip">>;
  /** Does the window of super-resolution follow the crop and the flip of the picture? */
  readonly window: WindowFrame;
  readonly decode: DecodingMethod;
  /** Does the cosine of the learning rate span `train.epochs`, or `train.cosineEpochs`? */
  readonly cosineEnd: "epochs" | "cosineEpochs";
}

/** The plain options of a run. */
export function methodOptions(fidelity: FidelityOptions): MethodOptions {
  const flip = fidelity.flip;
  return {
    architecture: {
      positionExponent: fidelity.positionTable === "mae" ? "k/(d/2)" : "k/(2d)",
      finalRelu: fidelity["superRes.finalRelu"],
      tiedDecoder: fidelity["mlm.tiedDecoder"],
    },
    pixelMean: fidelity["pixelLoss.mean"],
    words: fidelity["mlm.positions"] === "masked" ? "masked" : "every",
    text: {
      descriptors: fidelity["masking.descriptors"],
      swapsSides: flip === "swap",
      entities: fidelity["entities.match"],
      phrases: fidelity["mlm.templates"],
      sentences: fidelity["report.split"],
    },
    view: { flip: flip === "none" ? "none" : "image" },
    window: fidelity["window.frame"],
    decode: decodeOptions(fidelity),
    cosineEnd: fidelity["schedule.cosineEnd"],
  };
}

/** What becomes of pictures, in every task. */
function decodeOptions(fidelity: Pick<FidelityOptions, "image.sixteenBit">): DecodingMethod {
  return { sixteenBit: fidelity["image.sixteenBit"] };
}

/** The method of a classification run, in the words of the layers that compute it. */
export interface ClassifyMethod {
  readonly decode: DecodingMethod;
  /**
   * In a linear probe, does the encoder run as in training (stochastic depth, new crops at every step, a fresh norm), or does
   * it say once what it was pre-trained to say?
   */
  readonly backbone: "train" | "eval";
}

/** The plain options of a classification run. */
export function classifyMethod(fidelity: ClassifyFidelityOptions): ClassifyMethod {
  return { decode: decodeOptions(fidelity), backbone: fidelity["probe.backbone"] };
}

/** The method of a segmentation run, in the words of the layers that compute it. */
export interface SegmentMethod {
  readonly decode: DecodingMethod;
  /** Do masks move with their pictures in training? */
  readonly masksMove: boolean;
  readonly maskFit: Fit;
  /** For all classes, or for each. */
  readonly maskResize: MaskResize | Readonly<Record<string, MaskResize>>;
}

/** The plain options of a segmentation run. */
export function segmentMethod(fidelity: SegmentFidelityOptions): SegmentMethod {
  const together = fidelity["segmentation.geometry"] === "together";
  const resize = fidelity["segmentation.maskResize"];
  return {
    decode: decodeOptions(fidelity),
    masksMove: together,
    maskFit: together ? "stretch" : "letterbox",
    // A pixel of a shrunk mask of two levels is disc where it holds some of it, and cup where it holds nothing else.
    maskResize: resize === "disc-and-cup" ? { disc: "any", cup: "all" } : resize,
  };
}

/** How the pictures of a detection run are decoded. */
export function detectMethod(fidelity: DetectFidelityOptions): { readonly decode: DecodingMethod } {
  return { decode: decodeOptions(fidelity) };
}

/** The switches that an architecture is the meaning of. */
export function architectureSwitches({
  positionExponent,
  finalRelu,
  tiedDecoder,
}: MethodOptions["architecture"]): Partial<FidelityOptions> {
  return {
    positionTable: positionExponent === "k/(d/2)" ? "mae" : "ecamp",
    "superRes.finalRelu": finalRelu,
    "mlm.tiedDecoder": tiedDecoder,
  };
}
