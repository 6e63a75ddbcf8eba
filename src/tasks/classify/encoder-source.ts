/** @file Where a classifier's encoder comes from: weights that say what they are, or a size whose parameters are drawn. */
import { z } from "zod";
import type { EncoderConfig } from "../../model/config.ts";
import type { Normalization } from "../../model/grey-image.ts";
import type { FrequencyExponent } from "../../model/position-table.ts";
import { resizePositionTable } from "../../model/position-table.ts";
import type { ClassifierOptions } from "../../recipes/classify-config.ts";
import { SIZES } from "../../recipes/sizes.ts";
import { type NamedViews, writeView } from "../../train/parameter-store.ts";
import { ConfigError, WeightsError } from "../../util/errors.ts";
import { tryParseJson } from "../../util/jsonl.ts";
import type { NdArray } from "../../util/nd-array.ts";
import { describeLoad, matchWeights, requireLoad } from "../../weights/load-report.ts";
import { openSafetensors, type SafetensorsFile } from "../../weights/safetensors.ts";
import { findModelFile } from "../initial-file.ts";
import { isClassifier, parseClassifier } from "./classifier-description.ts";

/** An encoder's architecture: its sizes and the exponents that its position table is drawn with. */
export interface EncoderArchitecture extends EncoderConfig {
  readonly positionExponent: FrequencyExponent;
}

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

const positive = z.int().positive();
const headerSchema = z.object({
  ...{ imageSize: positive, patch: positive, dim: positive, depth: positive, heads: positive },
  mlpRatio: z.number().positive(),
  layerNormEps: z.number().positive(),
  positionExponent: z.enum(["k/(2d)", "k/(d/2)"]),
  mean: z.number(),
  std: z.number().positive(),
});

/** The encoder's own parameters; the rest of a file belongs to decoders and heads. */
const ENCODER = /^(?:cls_token$|pos_embed$|patch_embed\.|blocks\.)/;

/**
 * Finds out what a classifier starts from.
 * @param weights a run, a checkpoint or a weight file; null draws an encoder of `size`
 * @throws {WeightsError} when the file cannot be read, or does not say what it holds
 */
export async function encoderSource(
  weights: string | null,
  options: ClassifierOptions,
): Promise<EncoderSource> {
  if (weights === null) return drawnEncoder(options);
  const file = await findModelFile(weights);
  await using stored = await openSafetensors(file);
  const { normalization, ...found } = readHeader(file, stored);
  const architecture = { ...found, imageSize: options.imageSize ?? found.imageSize };
  requireGrid(architecture);
  if (options.heads !== null && options.heads !== found.heads) {
    throw new ConfigError(
      `Cannot set model.heads to ${options.heads}: "${file}" was trained with ${found.heads}`,
    );
  }
  return {
    ...{ architecture, normalization, file },
    fill: (values, norm) => fillFrom(file, values, norm),
  };
}

function drawnEncoder({ size, imageSize, heads }: ClassifierOptions): EncoderSource {
  const { patch, dim, depth, mlpRatio, layerNormEps, ...own } = SIZES[size];
  const architecture: EncoderArchitecture = {
    ...{ patch, dim, depth, mlpRatio, layerNormEps },
    imageSize: imageSize ?? own.imageSize,
    heads: heads ?? own.heads,
    positionExponent: "k/(d/2)",
  };
  requireGrid(architecture);
  return { architecture, normalization: undefined, file: undefined, fill: async () => undefined };
}

function requireGrid({ imageSize, patch, dim, heads }: EncoderArchitecture): void {
  if (imageSize % patch !== 0) {
    throw new ConfigError(
      `Cannot classify images of ${imageSize} pixels: expected a multiple of the patch's side, ${patch}`,
    );
  }
  if (dim % heads !== 0) {
    throw new ConfigError(
      `Cannot split a width of ${dim} among ${heads} heads: expected a divisor of it`,
    );
  }
}

function readHeader(
  file: string,
  { metadata }: Pick<SafetensorsFile, "metadata">,
): EncoderArchitecture & { readonly normalization: Normalization } {
  if (isClassifier(metadata)) {
    const { config, normalization } = parseClassifier(file, metadata);
    const { classes: _, ...architecture } = config;
    return { ...architecture, normalization };
  }
  const parsed = headerSchema.safeParse(tryParseJson(metadata["config"] ?? "")?.value);
  if (parsed.success) {
    const { mean, std, ...architecture } = parsed.data;
    return { ...architecture, normalization: { mean, std } };
  }
  throw new WeightsError(
    `Cannot take an encoder from "${file}": its header does not say what it was trained as`,
  );
}

async function fillFrom(
  file: string,
  values: NamedViews,
  norm: "fresh" | "encoder",
): Promise<string> {
  await using stored = await openSafetensors(file);
  const encoder = [...values].filter(([name]) => ENCODER.test(name));
  const report = matchWeights({
    available: stored.names.map((name) => [name, stored.info(name).shape] as const),
    wanted: encoder.map(([name, { shape }]) => [name, shape] as const),
  });
  requireLoad(report, {
    ...{ file, model: "the encoder", mayIgnore: () => true },
    converts: ({ name }) => name === "pos_embed",
  });
  for (const { name, source } of report.loaded) {
    writeView(values, name, finite(file, name, await stored.read(source)));
  }
  for (const { name, source, wanted } of report.reshaped) {
    const grid = Math.sqrt((wanted[1] ?? 0) - 1);
    writeView(
      values,
      name,
      resizePositionTable(finite(file, name, await stored.read(source)), grid),
    );
  }
  const copied = norm === "encoder" ? await copyNorm(file, stored, values) : "";
  return `"${file}": ${describeLoad({ ...report, unexpected: [] })}${copied}`;
}

/** The encoder's final norm, or that of a classifier's own head, as `fc_norm`. */
async function copyNorm(
  file: string,
  stored: SafetensorsFile,
  values: NamedViews,
): Promise<string> {
  const source = ["norm", "fc_norm"].find((name) => stored.names.includes(`${name}.weight`));
  if (source === undefined) {
    throw new WeightsError(
      `Cannot probe "${file}": it holds no final norm (norm.weight), which the features go through; use --set fidelity.probe.backbone=train for a fresh one`,
    );
  }
  for (const part of ["weight", "bias"]) {
    const name = `fc_norm.${part}`;
    writeView(values, name, finite(file, name, await stored.read(`${source}.${part}`)));
  }
  return `, fc_norm from ${source}`;
}

function finite(file: string, name: string, { dtype, shape, data }: NdArray): NdArray<"f32"> {
  const floats =
    dtype === "f32" ? (data as Float32Array) : Float32Array.from(data as ArrayLike<number>, Number);
  if (floats.every(Number.isFinite)) return { dtype: "f32", shape, data: floats };
  throw new WeightsError(
    `Cannot load "${name}" of "${file}": it holds a value that is not finite; the training that wrote it diverged, or the file is damaged`,
  );
}
