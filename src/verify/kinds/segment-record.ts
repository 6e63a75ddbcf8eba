/** @file What a `segment` fixture holds, as our options: its segmenter, parameters, images, masks and rates. */
import { z } from "zod";
import type { NamedArrays } from "../../engine/runtime/program.ts";
import { input, type Tensor } from "../../engine/tensor.ts";
import { CHANNELS, type EncoderConfig } from "../../model/config.ts";
import type { SegmenterConfig } from "../../model/heads/segmenter.ts";
import { type NdArray, type Shape, sizeOf, zeros } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { type Tolerance, toleranceSchema } from "../tolerance.ts";
import { floats, recordedImages, recordedParameter } from "./recorded-inputs.ts";

/** What is recorded of each step; the terms are a number for every decoder. */
interface RecordedSteps {
  readonly loss: readonly number[];
  readonly gradNorm: readonly number[];
  readonly lr: readonly number[];
  /** Before its factor. */
  readonly focalTerm: readonly (readonly number[])[];
  /** Before its logarithm. */
  readonly diceTerm: readonly (readonly number[])[];
}

/** How a fixture was computed. */
interface RecordedConfig extends EncoderConfig {
  readonly decodeFeatures: readonly number[];
  readonly decoders: readonly string[];
  readonly batch: number;
  readonly frozenEncoder: boolean;
  readonly salt: string;
  readonly optimiser: {
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weightDecay: number;
  };
  readonly clipGradNorm?: { readonly max: number } | undefined;
  readonly schedule: { readonly base: number; readonly warmup: number; readonly total: number };
}

const size = z.int().positive();
/** A number a decoder, of each step. */
const perDecoder = z.array(z.array(z.number()));
const stepsSchema: z.ZodType<RecordedSteps> = z.object({
  loss: z.array(z.number()),
  gradNorm: z.array(z.number()),
  lr: z.array(z.number()).default([]),
  focalTerm: perDecoder,
  diceTerm: perDecoder,
});

const configSchema: z.ZodType<RecordedConfig> = z.object({
  imageSize: size,
  patch: size,
  dim: size,
  depth: size,
  heads: size,
  mlpRatio: z.number(),
  layerNormEps: z.number(),
  decodeFeatures: z.array(size),
  decoders: z.array(z.string()).min(1),
  batch: size,
  // Ours are PyTorch's; a fixture with others needs options that the model does not have.
  batchNorm: z.object({ eps: z.literal(1e-5), momentum: z.literal(0.1) }),
  frozenEncoder: z.boolean(),
  salt: z.string().default(""),
  optimiser: z.object({
    kind: z.literal("adamw"),
    betas: z.tuple([z.number(), z.number()]),
    eps: z.number(),
    weightDecay: z.number(),
  }),
  clipGradNorm: z.object({ max: z.number() }).optional(),
  schedule: z.object({
    kind: z.literal("warmup-cosine"),
    base: z.number(),
    warmup: z.number(),
    total: z.number(),
  }),
});

const fixtureSchema = z.object({
  parameters: z.enum(["stored", "formula"]),
  config: configSchema,
  trained: z.array(z.string()).optional(),
  expect: stepsSchema.and(z.object({ evalDicePerImage: perDecoder.default([]) })),
  expect64: stepsSchema.optional(),
  tolerance: toleranceSchema,
});

/** A fixture's segmenter as our options. */
export interface Recorded {
  readonly parameters: "stored" | "formula";
  readonly config: RecordedConfig;
  /** Parameters that move; where nothing is said, those that `frozenEncoder` leaves. */
  readonly trained?: readonly string[] | undefined;
  /** What each step is to report: in double precision where that is recorded. */
  readonly steps: RecordedSteps;
  /** Of the last logits, for each decoder: pictures with something to find first, then the others. */
  readonly dice: readonly (readonly number[])[];
  readonly tolerance: Tolerance;
  readonly model: SegmenterConfig;
}

/** The published name of the only decoder of a program with one mask. */
const ONLY = "decoder";

/**
 * Reads the description of a fixture.
 * @throws {ManifestError} naming the first field that is missing or of another form
 */
export function readRecorded(fixture: Fixture): Recorded {
  const { expect, expect64, ...recorded } = fixtureFields(fixture, fixtureSchema);
  const { imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps, decoders, decodeFeatures } =
    recorded.config;
  const isShared = decoders.length === 1 && decoders[0] === ONLY;
  return {
    ...recorded,
    steps: expect64 ?? expect,
    dice: expect.evalDicePerImage,
    model: {
      ...{ imageSize, patch, dim, depth, heads, mlpRatio, layerNormEps },
      positionExponent: "k/(2d)", // the recorded table, a parameter here, takes its place
      classes: decoders,
      decoders: isShared ? "shared" : "separate",
      decoderWidths: decodeFeatures,
    },
  };
}

/** The graph's input: normalised images. */
export const imageOf = ({ config: { batch, imageSize } }: Recorded): Tensor =>
  input("image", "f32", [batch, CHANNELS, imageSize, imageSize]);

/** The shape of the masks, and of the logits. */
const masksShape = ({ config: { batch, imageSize, decoders } }: Recorded): Shape => [
  ...[batch, decoders.length],
  ...[imageSize, imageSize],
];

/** The graph's input: the masks of every class. */
export const targetsOf = (recorded: Recorded): Tensor =>
  input("targets", "f32", masksShape(recorded));

/** The batch, which is that of every step. Masks of a single decoder are recorded without an axis of it. */
export async function recordedFeeds(fixture: Fixture, recorded: Recorded): Promise<NamedArrays> {
  const masks = floats(await fixture.tensor("in/masks"));
  return new Map<string, NdArray>([
    ["image", await recordedImages(fixture)],
    ["targets", { ...masks, shape: masksShape(recorded) }],
  ]);
}

/** A parameter or buffer before the first step. */
export async function recordedStart(
  fixture: Fixture,
  recorded: Recorded,
  parameter: { readonly name: string; readonly shape: Shape },
): Promise<NdArray<"f32">> {
  // A formula gives no number of batches: none have been seen.
  if (recorded.parameters === "formula" && isCounter(parameter.name))
    return zeros("f32", parameter.shape);
  return asScalar(await recordedParameter(fixture, recorded, parameter), parameter.shape);
}

const isCounter = (name: string): boolean => name.endsWith(".num_batches_tracked");

/** Scalars are recorded as lists of one. */
export const asScalar = (array: NdArray<"f32">, shape: Shape): NdArray<"f32"> =>
  shape.length === 0 && sizeOf(array.shape) === 1 ? { ...array, shape } : array;

/** The part of a tensor's name that tells decoders apart: a program with one decoder has none. */
export const suffixOf = ({ model: { decoders } }: Recorded, decoder: string): string =>
  decoders === "shared" ? "" : `_${decoder}`;
