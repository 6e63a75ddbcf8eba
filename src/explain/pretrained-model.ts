/** @file A pre-trained model from the one file that a checkpoint keeps it in: its sizes stand in the file's header. */
import { z } from "zod";
import type { NamedArrays } from "../engine/runtime/program.ts";
import type { EcampConfig } from "../model/config.ts";
import { WeightsError } from "../util/errors.ts";
import { firstFault } from "../util/expectation.ts";
import { tryParseJson } from "../util/jsonl.ts";
import type { NdArray } from "../util/nd-array.ts";
import { openSafetensors } from "../weights/safetensors.ts";
import type { WeightsFile } from "../weights/weights-file.ts";

/** A model's sizes and parameters. */
export interface PretrainedModel {
  readonly config: EcampConfig;
  /** Does it predict patches normalised by their own mean and variance? */
  readonly normalizedPatches: boolean;
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
}

const size = z.int().positive();

const configSchema: z.ZodType<EcampConfig> = z.object({
  imageSize: size,
  bigImageSize: size,
  patch: size,
  dim: size,
  depth: size,
  heads: size,
  mlpRatio: z.number().positive(),
  layerNormEps: z.number().positive(),
  decoderDim: size,
  decoderDepth: size,
  decoderHeads: size,
  bertDim: size,
  bertDepth: size,
  bertHeads: size,
  bertMlpDim: size,
  vocab: size,
  positions: size,
  bertLayerNormEps: z.number().positive(),
  dropout: z.number().min(0).lt(1),
  attentionDropout: z.number().min(0).lt(1),
  mean: z.number(),
  std: z.number().positive(),
  positionExponent: z.enum(["k/(2d)", "k/(d/2)"]),
  finalRelu: z.boolean(),
  tiedDecoder: z.boolean(),
});

/**
 * Reads a checkpoint's `model.safetensors`.
 * @throws {WeightsError} when the file is damaged, or its header does not say what model it is
 */
export async function readPretrainedModel(file: string): Promise<PretrainedModel> {
  await using stored = await openSafetensors(file);
  const config = configOfHeader(stored);
  if (config === undefined) {
    throw new WeightsError(
      `Cannot read the model "${file}": its header has no "config", so its sizes are unknown`,
    );
  }
  const parameters = new Map<string, NdArray>();
  for (const name of stored.names) parameters.set(name, await stored.read(name));
  const normalizedPatches = stored.metadata["normalizedPatches"] === "true";
  return { config, normalizedPatches, parameters };
}

/**
 * The sizes that a file's header states; undefined where it states none.
 * @throws {WeightsError} when it does and they are not understood
 */
export function configOfHeader({
  file,
  metadata,
}: Pick<WeightsFile, "file" | "metadata">): EcampConfig | undefined {
  const text = metadata["config"];
  if (text === undefined) return undefined;
  const parsed = configSchema.safeParse(tryParseJson(text)?.value);
  if (parsed.success) return parsed.data;
  const { where, expected } = firstFault(parsed.error);
  const place = where === "" ? "config" : `config.${where}`;
  throw new WeightsError(
    `Cannot read the model "${file}": "${place}" of its header is not understood: ${expected}`,
  );
}
