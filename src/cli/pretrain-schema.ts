/** @file What a pre-training configuration may hold: types, ranges, and the relations between its sizes. */
import { type ZodType, z } from "zod";
import { DEFAULT_FIDELITY } from "../recipes/defaults.ts";
import { FIDELITY, fidelityColumn } from "../recipes/fidelity.ts";
import type {
  DataOptions,
  LossOptions,
  ModelSizes,
  PretrainConfig,
  RunOptions,
  TrainOptions,
} from "../recipes/pretrain-config.ts";

const count = z.int().min(1);
const positive = z.number().positive();
const part = z.number().min(0).max(1);
const chance = z.number().min(0).lt(1);
const range = z
  .tuple([positive, positive])
  .refine(([low, high]) => low <= high, "expected the lower end first");

const MODEL: ZodType<ModelSizes> = z
  .strictObject({
    imageSize: count,
    bigImageSize: count,
    patch: count,
    dim: count,
    depth: count,
    heads: count,
    decoderDim: count,
    decoderDepth: count,
    decoderHeads: count,
    mlpRatio: positive,
    bertDim: count,
    bertDepth: count,
    bertHeads: count,
    bertMlpDim: count,
    tokens: z.int().min(8),
    dropout: chance,
    attentionDropout: chance,
    layerNormEps: positive,
    bertLayerNormEps: positive,
  })
  .superRefine((sizes, context) => {
    for (const [key, message] of sizeProblems(sizes)) {
      context.addIssue({ code: "custom", path: [key], message });
    }
  });

/** What does not fit together, by the key to change. */
function sizeProblems(sizes: ModelSizes): readonly (readonly [keyof ModelSizes, string])[] {
  const { imageSize, bigImageSize, patch, dim, decoderDim, bertDim } = sizes;
  const checks: readonly (readonly [boolean, keyof ModelSizes, string])[] = [
    [imageSize !== patch * 14, "imageSize", `expected 14 patches, ${patch * 14} pixels`],
    [bigImageSize !== 2 * imageSize, "bigImageSize", `expected twice imageSize, ${2 * imageSize}`],
    [dim % sizes.heads !== 0, "heads", `expected a divisor of dim, ${dim}`],
    [dim % 4 !== 0, "dim", "expected a multiple of 4, for the position table"],
    [
      decoderDim % sizes.decoderHeads !== 0,
      "decoderHeads",
      `expected a divisor of decoderDim, ${decoderDim}`,
    ],
    [decoderDim % 4 !== 0, "decoderDim", "expected a multiple of 4, for the position table"],
    [bertDim % sizes.bertHeads !== 0, "bertHeads", `expected a divisor of bertDim, ${bertDim}`],
    [
      !Number.isInteger(dim * sizes.mlpRatio) || !Number.isInteger(decoderDim * sizes.mlpRatio),
      "mlpRatio",
      `expected whole hidden widths from dim ${dim} and decoderDim ${decoderDim}`,
    ],
  ];
  return checks.flatMap(([wrong, key, message]) => (wrong ? [[key, message] as const] : []));
}

const TRAIN: ZodType<TrainOptions> = z.strictObject({
  batch: count,
  accumulate: count,
  epochs: count,
  lr: z.number().min(0),
  minLr: z.number().min(0),
  warmupEpochs: z.number().min(0),
  cosineEpochs: positive,
  beta1: chance,
  beta2: chance,
  eps: positive,
  weightDecay: z.number().min(0),
  clip: positive.nullable(),
  maskRatio: chance,
  seed: z.int().min(0),
  checkpointMinutes: positive,
  onFullDisk: z.enum(["stop", "continue"]),
  validateEpochs: z.int().min(0),
});

const DATA: ZodType<DataOptions> = z.strictObject({
  workers: z.int().min(0).max(64),
  prefetch: count,
  cropScale: range.refine(([, high]) => high <= 1, "expected at most 1"),
  cropRatio: range,
  mean: z.number(),
  std: positive,
  insertProbability: part,
  lexicon: z.string().min(1),
  onBadRecord: z.enum(["error", "skip"]),
});

const LOSS: ZodType<LossOptions> = z
  .strictObject({
    mim: z.number().min(0),
    res: z.number().min(0),
    mlm: z.number().min(0),
    normalizedPatches: z.boolean(),
  })
  .refine(({ mim, res, mlm }) => mim + res + mlm > 0, {
    path: ["mim"],
    message: "expected at least one of mim, res and mlm above 0",
  });

const RUN: ZodType<RunOptions> = z.strictObject({
  data: z.string().min(1).nullable(),
  tokenizer: z.string().min(1).nullable(),
  init: z.string().min(1).nullable(),
  device: z.string().min(1),
  threads: count,
});

/** One literal union a switch, from the table. */
function fidelitySchema(): ZodType<PretrainConfig["fidelity"]> {
  const keys = Object.keys(
    fidelityColumn(DEFAULT_FIDELITY),
  ) as (keyof PretrainConfig["fidelity"])[];
  const shape = keys.map((key) => {
    const literals = FIDELITY[key].values.map((value) => z.literal<string | boolean>(value));
    const names = FIDELITY[key].values.join(" or ");
    return [key, z.union(literals, `expected ${names}`)] as const;
  });
  return z.strictObject(Object.fromEntries(shape)) as unknown as ZodType<
    PretrainConfig["fidelity"]
  >;
}

/** A pre-training configuration. */
export const PRETRAIN_SCHEMA: ZodType<PretrainConfig> = z.strictObject({
  run: RUN,
  model: MODEL,
  train: TRAIN,
  data: DATA,
  loss: LOSS,
  fidelity: fidelitySchema(),
});
