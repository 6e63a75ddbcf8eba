/** @file What an encoder in a weight file was trained as: by the file's header, or else by the shapes of its tensors. */
import { z } from "zod";
import type { Normalization } from "../../model/grey-image.ts";
import type { EncoderOptions } from "../../recipes/downstream-config.ts";
import { ConfigError, WeightsError } from "../../util/errors.ts";
import { tryParseJson } from "../../util/jsonl.ts";
import { recognizeWeights, requireEncoder } from "../../weights/recognize.ts";
import type { WeightsFile } from "../../weights/weights-file.ts";
import { CLASSIFIER_FORMAT } from "../classify/classifier-description.ts";
import type { EncoderArchitecture } from "./encoder-architecture.ts";
import { isModel, parseModel } from "./model-description.ts";

export type { EncoderArchitecture } from "./encoder-architecture.ts";

/** What a file was trained as. */
export interface TrainedEncoder extends EncoderArchitecture {
  readonly normalization: Normalization | undefined;
  /** What the file does not say and is taken for granted, to follow a line on what was loaded. */
  readonly assumed: string;
}

const positive = z.int().positive();
const headerSchema = z.object({
  ...{ imageSize: positive, patch: positive, dim: positive, depth: positive, heads: positive },
  mlpRatio: z.number().positive(),
  layerNormEps: z.number().positive(),
  positionExponent: z.enum(["k/(2d)", "k/(d/2)"]),
  mean: z.number(),
  std: z.number().positive(),
});

/**
 * What a file was trained as.
 * @throws {WeightsError} when its header is not understood, or it has none and holds no encoder of this kind
 * @throws {ConfigError} when the number of heads can only be guessed
 */
export const trainedEncoder = (
  stored: WeightsFile,
  options: Pick<EncoderOptions, "heads">,
): TrainedEncoder => readHeader(stored) ?? readShapes(stored, options);

/** What the header says of files that this project wrote; undefined for others. */
function readHeader({ file, metadata }: WeightsFile): TrainedEncoder | undefined {
  if (isModel(CLASSIFIER_FORMAT, metadata)) {
    const { config, normalization } = parseModel(CLASSIFIER_FORMAT, file, metadata);
    const { classes: _, ...architecture } = config;
    return { ...architecture, normalization, assumed: "" };
  }
  if (metadata["config"] === undefined) return undefined;
  const parsed = headerSchema.safeParse(tryParseJson(metadata["config"])?.value);
  if (parsed.success) {
    const { mean, std, ...architecture } = parsed.data;
    return { ...architecture, normalization: { mean, std }, assumed: "" };
  }
  throw new WeightsError(
    `Cannot take an encoder from "${file}": its header does not say what it was trained as`,
  );
}

/** Width of a head in every published ViT but the smallest. */
const HEAD_WIDTH = 64;

/** What the shapes say, and for the rest what the program computes whose names the file has. */
function readShapes(stored: WeightsFile, options: Pick<EncoderOptions, "heads">): TrainedEncoder {
  const attempt = `Cannot take an encoder from "${stored.file}"`;
  const recognized = recognizeWeights(stored);
  const { grid, channels: _, ...sizes } = requireEncoder(recognized, attempt);
  if (grid === undefined) {
    throw new WeightsError(
      `${attempt}: its position table is missing or has no row for the class token and each patch of a square grid`,
    );
  }
  const { family, what } = recognized;
  const heads = options.heads ?? sizes.dim / HEAD_WIDTH;
  if (!Number.isInteger(heads)) {
    throw new ConfigError(
      `${attempt}: shapes do not tell its number of attention heads, and its width, ${sizes.dim}, is no multiple of ${HEAD_WIDTH}; give it with --set model.heads=N`,
    );
  }
  return {
    ...{ ...sizes, heads, imageSize: grid * sizes.patch },
    // Of each program: Hugging Face's configuration has 1e-12, the others 1e-6; the exponents matter to new tables only.
    layerNormEps: family === "hf-vit" || family === "hf-vit-mae" ? 1e-12 : 1e-6,
    positionExponent: family === "ecamp" ? "k/(2d)" : "k/(d/2)",
    normalization: undefined,
    assumed: `; it is ${what}, and says nothing of its ${heads} heads and its grey levels' mean and deviation, which are assumed`,
  };
}
