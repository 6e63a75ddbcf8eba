/** @file Where a classifier's encoder comes from: weights that say what they are, or a size whose parameters are drawn. */
import type { Normalization } from "../../model/grey-image.ts";
import type { EncoderOptions } from "../../recipes/downstream-config.ts";
import { SIZES } from "../../recipes/sizes.ts";
import { type NamedViews, writeView } from "../../train/parameter-store.ts";
import { ConfigError, WeightsError } from "../../util/errors.ts";
import { describeLoad, matchWeights } from "../../weights/load-report.ts";
import { isEncoderParameter } from "../../weights/names.ts";
import { openWeights } from "../../weights/open-weights.ts";
import { readFloats } from "../../weights/read-floats.ts";
import { recognizeWeights } from "../../weights/recognize.ts";
import type { WeightsFile } from "../../weights/weights-file.ts";
import { fillParameters } from "../fill-parameters.ts";
import { findModelFile } from "../initial-file.ts";
import { type EncoderArchitecture, inOrder } from "./encoder-architecture.ts";
import { trainedEncoder } from "./trained-encoder.ts";

export type { EncoderArchitecture } from "./encoder-architecture.ts";

/** An encoder to start from. */
export interface EncoderSource {
  readonly architecture: EncoderArchitecture;
  /** What the weights were trained with; undefined where nothing says it. */
  readonly normalization: Normalization | undefined;
  /** The weight file; undefined where parameters are drawn. */
  readonly file: string | undefined;
  /**
   * Puts the file's parameters in place of drawn ones, and says in a line what was found. Heads keep what was drawn.
   * @param norm does `fc_norm` start as the encoder's own final norm?
   * @throws {WeightsError} when the encoder is not whole, or a value is not finite
   */
  readonly fill: (values: NamedViews, norm: "fresh" | "encoder") => Promise<string | undefined>;
}

/** The published downstream normalisation, for weights that do not say theirs (SPEC 2). */
export const DOWNSTREAM_NORMALIZATION: Normalization = { mean: 0.4722, std: 0.3028 };

/**
 * Finds out what a classifier starts from.
 * @param weights a run, a checkpoint or a weight file of any format; null draws an encoder of `size`
 * @throws {WeightsError} when the file cannot be read, or holds no encoder that can be run
 */
export async function encoderSource(
  weights: string | null,
  options: EncoderOptions,
): Promise<EncoderSource> {
  if (weights === null) return drawnEncoder(options);
  const file = await findModelFile(weights);
  await using stored = await openWeights(file);
  const { normalization, assumed, ...found } = trainedEncoder(stored, options);
  const architecture = inOrder({ ...found, imageSize: options.imageSize ?? found.imageSize });
  requireGrid(architecture);
  if (options.heads !== null && options.heads !== found.heads) {
    throw new ConfigError(
      `Cannot set model.heads to ${options.heads}: "${file}" was trained with ${found.heads}`,
    );
  }
  return {
    ...{ architecture, normalization, file },
    fill: async (values, norm) => `${await fillFrom(file, values, norm)}${assumed}`,
  };
}

function drawnEncoder({ size, imageSize, heads }: EncoderOptions): EncoderSource {
  const { patch, dim, depth, mlpRatio, layerNormEps, ...own } = SIZES[size];
  const architecture = inOrder({
    ...{ patch, dim, depth, mlpRatio, layerNormEps },
    imageSize: imageSize ?? own.imageSize,
    heads: heads ?? own.heads,
    positionExponent: "k/(d/2)",
  });
  requireGrid(architecture);
  return { architecture, normalization: undefined, file: undefined, fill: async () => undefined };
}

function requireGrid({ imageSize, patch, dim, heads }: EncoderArchitecture): void {
  if (imageSize % patch !== 0) {
    throw new ConfigError(
      `Cannot use images of ${imageSize} pixels: expected a multiple of the patch's side, ${patch}`,
    );
  }
  if (dim % heads !== 0) {
    throw new ConfigError(
      `Cannot split a width of ${dim} among ${heads} heads: expected a divisor of it`,
    );
  }
}

async function fillFrom(
  file: string,
  values: NamedViews,
  norm: "fresh" | "encoder",
): Promise<string> {
  await using stored = await openWeights(file);
  const encoder = [...values].filter(([name]) => isEncoderParameter(name));
  const report = matchWeights({
    available: stored.names.map((name) => [name, stored.info(name).shape] as const),
    wanted: encoder.map(([name, { shape }]) => [name, shape] as const),
  });
  await fillParameters(values, { stored, report }, { model: "the encoder" });
  const copied = norm === "encoder" ? await copyNorm(stored, values) : "";
  return `"${file}": ${describeLoad({ ...report, unexpected: [] })}${copied}`;
}

/** The encoder's final norm, or that of a classifier's own head, as `fc_norm`. */
async function copyNorm(stored: WeightsFile, values: NamedViews): Promise<string> {
  const { tensors } = recognizeWeights(stored);
  for (const source of ["norm", "fc_norm"]) {
    const [weight, bias] = ["weight", "bias"].map((part) => tensors.get(`${source}.${part}`));
    if (weight === undefined || bias === undefined) continue;
    writeView(values, "fc_norm.weight", await readFloats(stored, weight));
    writeView(values, "fc_norm.bias", await readFloats(stored, bias));
    return `, fc_norm from ${source}`;
  }
  throw new WeightsError(
    `Cannot probe "${stored.file}": it holds no final norm (norm.weight), which the features go through; use --set fidelity.probe.backbone=train for a fresh one`,
  );
}
