/**
 * @file Where the published program differs from the paper's text or from sound practice: one row a switch. This table and
 * `verify` are the only code that speaks of the two fidelities; everything below takes a plain option that says what is computed.
 */

/** The two columns. */
export const FIDELITY_NAMES = ["published", "corrected"] as const;

/** `published` computes what the authors' program computes; `corrected` what the paper says, or what is sound. */
export type FidelityName = (typeof FIDELITY_NAMES)[number];

/** The switches that pre-training reads, and the values that each knows. */
export interface FidelityOptions {
  /** How a token is found to be an entity. */
  readonly "entities.match": "exact" | "lemma";
  /** Are the two words before an entity masked always, or by the ordinary draw? */
  readonly "masking.descriptors": "draw" | "always";
  /** The token positions over which the report's loss is averaged. */
  readonly "mlm.positions": "all" | "masked";
  /** The phrases of absence whose weight is diminished. */
  readonly "mlm.templates": "two" | "list";
  /** Where a report may be split to insert its context. */
  readonly "report.split": "dot" | "sentence";
  /** Is the super-resolution window that of the whole picture, or is its attention map cropped and flipped with the picture? */
  readonly "window.frame": "original" | "augmented";
  /** Does super-resolution end with a ReLU? */
  readonly "superRes.finalRelu": boolean;
  /** Are pixel losses averaged over all pixels, or over those that count? */
  readonly "pixelLoss.mean": "all" | "counted";
  /** The exponents of the sine-cosine position tables: the program's own k/(2d), or MAE's k/(d/2). */
  readonly positionTable: "ecamp" | "mae";
  /** Does the word head share its weights with the word embeddings? */
  readonly "mlm.tiedDecoder": boolean;
  /** Which number of epochs the cosine spans: `train.cosineEpochs`, or `train.epochs`. */
  readonly "schedule.cosineEnd": "cosineEpochs" | "epochs";
  /** Are pictures flipped: without the words, not at all, or with left and right exchanged in the text? */
  readonly flip: "image" | "none" | "swap";
  /** How 16-bit grey levels become 8-bit ones. */
  readonly "image.sixteenBit": "clip" | "range";
}

/** The switches that classification reads. */
export interface ClassifyFidelityOptions extends Pick<FidelityOptions, "image.sixteenBit"> {
  /**
   * The frozen encoder of a linear probe: as in training, with stochastic depth and a fresh norm, or as it was pre-trained, so
   * that its features can be computed once.
   */
  readonly "probe.backbone": "train" | "eval";
}

/** The switches that detection reads. */
export type DetectFidelityOptions = Pick<FidelityOptions, "image.sixteenBit">;

/** The switches that segmentation reads. */
export interface SegmentFidelityOptions extends Pick<FidelityOptions, "image.sixteenBit"> {
  /** Do masks move with the picture, and are they stretched as it is, or letterboxed and left where they are? */
  readonly "segmentation.geometry": "apart" | "together";
  /**
   * How masks are resized: to shares of a pixel, by its middle, by its upper left corner (OpenCV's nearest), or as one picture of two
   * levels, of which the lower is the disc and the upper the cup.
   */
  readonly "segmentation.maskResize": "area" | "nearest" | "corner" | "disc-and-cup";
}

/** One switch. */
export interface FidelityRow<Value extends string | boolean = string | boolean> {
  readonly published: Value;
  readonly corrected: Value;
  /** Every value that it knows. */
  readonly values: readonly Value[];
  /** The tasks that it concerns. */
  readonly scope: "pretrain" | "classify" | "segment" | "detect" | "every task";
  /** Does it change the architecture? Then a checkpoint stores it, and wins over the configuration. */
  readonly architecture: boolean;
  /** What the published value does wrong. */
  readonly reason: string;
}

type Table<Switches> = {
  readonly [K in keyof Switches]: FidelityRow<Switches[K] & (string | boolean)>;
};

/** SPEC 5, row by row. */
export const FIDELITY: Table<FidelityOptions & ClassifyFidelityOptions & SegmentFidelityOptions> = {
  "entities.match": {
    published: "exact",
    corrected: "lemma",
    values: ["exact", "lemma"],
    scope: "pretrain",
    architecture: false,
    reason: "exact matching misses plurals, inflections and COPD",
  },
  "masking.descriptors": {
    published: "draw",
    corrected: "always",
    values: ["draw", "always"],
    scope: "pretrain",
    architecture: false,
    reason:
      "the paper masks the two words before an entity; in the program that branch is never taken",
  },
  "mlm.positions": {
    published: "all",
    corrected: "masked",
    values: ["all", "masked"],
    scope: "pretrain",
    architecture: false,
    reason: "the loss also runs over visible tokens and padding",
  },
  "mlm.templates": {
    published: "two",
    corrected: "list",
    values: ["two", "list"],
    scope: "pretrain",
    architecture: false,
    reason: "only two phrases of absence are diminished; reports use many more",
  },
  "report.split": {
    published: "dot",
    corrected: "sentence",
    values: ["dot", "sentence"],
    scope: "pretrain",
    architecture: false,
    reason: "splitting at every full stop cuts decimals such as 2.5 cm",
  },
  "window.frame": {
    published: "original",
    corrected: "augmented",
    values: ["original", "augmented"],
    scope: "pretrain",
    architecture: false,
    reason: "the window of the whole picture is not moved by its crop and flip",
  },
  "superRes.finalRelu": {
    published: true,
    corrected: false,
    values: [true, false],
    scope: "pretrain",
    architecture: true,
    reason: "normalised pixels below 0 cannot be reached",
  },
  "pixelLoss.mean": {
    published: "all",
    corrected: "counted",
    values: ["all", "counted"],
    scope: "pretrain",
    architecture: false,
    reason: "pixels that do not count enter the mean as zeros",
  },
  positionTable: {
    published: "ecamp",
    corrected: "mae",
    values: ["ecamp", "mae"],
    scope: "pretrain",
    architecture: true,
    reason: "the exponent is k/(2d) where MAE has k/(d/2)",
  },
  "mlm.tiedDecoder": {
    published: false,
    corrected: true,
    values: [false, true],
    scope: "pretrain",
    architecture: true,
    reason: "the head's weights were meant to be the word embeddings; the program loses the tie",
  },
  "schedule.cosineEnd": {
    published: "cosineEpochs",
    corrected: "epochs",
    values: ["cosineEpochs", "epochs"],
    scope: "pretrain",
    architecture: false,
    reason: "the cosine is laid over 200 epochs and cut at 120",
  },
  flip: {
    published: "image",
    corrected: "none",
    values: ["image", "none", "swap"],
    scope: "pretrain",
    architecture: false,
    reason: "a flip exchanges left and right while the report keeps its words",
  },
  "probe.backbone": {
    published: "train",
    corrected: "eval",
    values: ["train", "eval"],
    scope: "classify",
    architecture: false,
    reason: "in a linear probe drop-path stays active and the norm is a fresh one",
  },
  "segmentation.geometry": {
    published: "apart",
    corrected: "together",
    values: ["apart", "together"],
    scope: "segment",
    architecture: false,
    reason: "pictures are stretched, masks letterboxed, and augmentation moves only the picture",
  },
  "segmentation.maskResize": {
    published: "area",
    corrected: "nearest",
    values: ["area", "nearest", "corner", "disc-and-cup"],
    scope: "segment",
    architecture: false,
    reason: "area resizing makes fractional targets",
  },
  "image.sixteenBit": {
    published: "clip",
    corrected: "range",
    values: ["clip", "range"],
    scope: "every task",
    architecture: false,
    reason: "16-bit grey levels are cut at 255, which makes them nearly white",
  },
};

type AnyRow = readonly [string, FidelityRow];

/** The rows that a task reads. */
const rowsOf = (task: FidelityRow["scope"]): readonly AnyRow[] =>
  Object.entries(FIDELITY).filter(
    ([, { scope }]: AnyRow) => scope === task || scope === "every task",
  );

/** A column of some rows. */
const columnOf = (rows: readonly AnyRow[], name: FidelityName): object =>
  Object.fromEntries(rows.map(([key, row]) => [key, row[name]]));

/** One column of the table, for pre-training. */
export function fidelityColumn(name: FidelityName): FidelityOptions {
  return columnOf(rowsOf("pretrain"), name) as FidelityOptions;
}

/** One column of the table, for classification. */
export function classifyColumn(name: FidelityName): ClassifyFidelityOptions {
  return columnOf(rowsOf("classify"), name) as ClassifyFidelityOptions;
}

/** One column of the table, for segmentation. */
export function segmentColumn(name: FidelityName): SegmentFidelityOptions {
  return columnOf(rowsOf("segment"), name) as SegmentFidelityOptions;
}

/** One column of the table, for detection. */
export function detectColumn(name: FidelityName): DetectFidelityOptions {
  return columnOf(rowsOf("detect"), name) as DetectFidelityOptions;
}
