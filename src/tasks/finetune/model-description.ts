/** @file What a downstream model's file says of itself in its header. */
import { z } from "zod";
import type { SixteenBit } from "../../image/sixteen-bit.ts";
import type { Normalization } from "../../model/grey-image.ts";
import { WeightsError } from "../../util/errors.ts";
import { firstFault } from "../../util/expectation.ts";
import { tryParseJson } from "../../util/jsonl.ts";
import type { EncoderArchitecture } from "./encoder-architecture.ts";

const size = z.int().positive();

/** The encoder, in every description. */
export const encoderSchema: z.ZodType<EncoderArchitecture> = z.object({
  ...{ imageSize: size, patch: size, dim: size, depth: size, heads: size },
  mlpRatio: z.number().positive(),
  layerNormEps: z.number().positive(),
  positionExponent: z.enum(["k/(2d)", "k/(d/2)"]),
});

/** How pictures become what an encoder sees. */
export interface PictureDescription {
  readonly normalization: Normalization;
  /** What becomes of 16-bit pictures. */
  readonly sixteenBit: SixteenBit;
  /** How many bits of them the dataset used; absent where each picture's own range was taken. */
  readonly bitDepth?: number;
  /** Was the model trained or chosen on patients who also stand in another split? Its figures then mean less. */
  readonly leaks: boolean;
}

/** As a schema. */
export const pictureSchema: z.ZodType<PictureDescription> = z.object({
  normalization: z.object({ mean: z.number(), std: z.number().positive() }),
  sixteenBit: z.enum(["clip", "range"]),
  bitDepth: z.int().min(1).max(16).exactOptional(),
  leaks: z.boolean(),
});

/** A kind of model, as its file's header tells it. */
export interface ModelFormat<Description> {
  /** The header's `format`. */
  readonly format: string;
  /** The header's key of the description. */
  readonly key: string;
  /** The command that writes such files. */
  readonly command: string;
  readonly schema: z.ZodType<Description>;
}

/** The texts that go into a model file's header. */
export function describeModel<Description>(
  { format, key }: ModelFormat<Description>,
  description: Description,
): Readonly<Record<string, string>> {
  return { format, [key]: JSON.stringify(description) };
}

/** Does a header say that the file holds such a model? */
export const isModel = (
  { format }: ModelFormat<unknown>,
  metadata: Readonly<Record<string, string>>,
): boolean => metadata["format"] === format;

/**
 * What a header says.
 * @throws {WeightsError} when the file is of another kind, or says something that is not understood
 */
export function parseModel<Description>(
  model: ModelFormat<Description>,
  file: string,
  metadata: Readonly<Record<string, string>>,
): Description {
  const { format, key, command, schema } = model;
  if (!isModel(model, metadata)) {
    throw new WeightsError(
      `Cannot read the ${key} "${file}": its header says "${metadata["format"] ?? "nothing"}", expected "${format}"; give the folder of a run of "${command}"`,
    );
  }
  const parsed = schema.safeParse(tryParseJson(metadata[key] ?? "")?.value);
  if (parsed.success) return parsed.data;
  const { where, expected } = firstFault(parsed.error);
  throw new WeightsError(
    `Cannot read the ${key} "${file}": "${where === "" ? key : `${key}.${where}`}" of its header is not understood: ${expected}`,
  );
}
