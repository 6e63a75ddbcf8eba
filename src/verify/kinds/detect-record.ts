/** @file What a `detect` fixture holds, as our options: its detector, parameters, pictures and boxes. */
import { z } from "zod";
import type { NamedArrays } from "../../engine/runtime/program.ts";
import { input, type Tensor } from "../../engine/tensor.ts";
import { CHANNELS } from "../../model/config.ts";
import { detectionAnchors } from "../../model/heads/detection-anchors.ts";
import {
  detectionTargets,
  type TargetOptions,
  targetShapes,
} from "../../model/heads/detection-targets.ts";
import { type DetectorConfig, detectorGrids } from "../../model/heads/detector.ts";
import type { Parameter } from "../../nn/scope.ts";
import type { NdArray, Shape } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { type Tolerance, toleranceSchema } from "../tolerance.ts";
import { floats, recordedImages, recordedParameter } from "./recorded-inputs.ts";

const size = z.int().positive();
const figures = z.record(z.string(), z.number());

const passSchema = z.object({
  total: z.number(),
  perScale: z.object({ names: z.array(z.string()), rows: z.array(z.array(z.number())) }),
  gradNorm: z.number(),
  gradNormOf: figures,
});

const fixtureSchema = z.object({
  parameters: z.enum(["stored", "formula"]),
  config: z.object({
    imageSize: size,
    patch: size,
    dim: size,
    depth: size,
    heads: size,
    mlpRatio: z.number(),
    layerNormEps: z.number(),
    batch: size,
    expansion: size,
    classes: size,
    salt: z.string().default(""),
    channels: z.tuple([size, size, size]),
  }),
  expect: passSchema.extend({
    parameterShapes: z.record(z.string(), z.array(z.int())),
    parameterSum: figures.default({}),
    backboneShapes: z.array(z.array(z.int())),
  }),
  expect64: passSchema.optional(),
  gradMax: figures.default({}),
  tolerance: toleranceSchema,
});

/** Numbers that a pass gave, and that ours are compared with. */
interface RecordedFigures {
  readonly total: number;
  readonly perScale: {
    readonly names: readonly string[];
    readonly rows: readonly (readonly number[])[];
  };
  readonly gradNorm: number;
  /** The norm of every trained parameter's gradient. */
  readonly gradNormOf: Readonly<Record<string, number>>;
}

/** A fixture's detector as our options. */
export interface RecordedDetector {
  readonly parameters: "stored" | "formula";
  readonly batch: number;
  readonly salt: string;
  readonly model: DetectorConfig;
  readonly targets: TargetOptions;
  /** Shape of every parameter and buffer. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Sums of parameters and buffers before anything runs. */
  readonly sums: Readonly<Record<string, number>>;
  /** Of the maps that go into the neck, the finest first. */
  readonly backboneShapes: readonly Shape[];
  readonly expected: RecordedFigures;
  /** The largest magnitude of a gradient of which a part is kept. */
  readonly gradMax: Readonly<Record<string, number>>;
  readonly tolerance: Tolerance;
}

/**
 * Reads the description of a fixture.
 * @throws {ManifestError} naming the first field that is missing or of another form
 */
export function readDetector(fixture: Fixture): RecordedDetector {
  const { parameters, config, expect, expect64, gradMax, tolerance } = fixtureFields(
    fixture,
    fixtureSchema,
  );
  const { batch, salt, channels, ...sizes } = config;
  const [fine, middle, coarse] = channels;
  const anchors = detectionAnchors(config.imageSize);
  const model: DetectorConfig = {
    ...{ ...sizes, anchors, channels: [coarse, middle, fine] },
    positionExponent: "k/(2d)", // the recorded table, a parameter here, takes its place
  };
  const { imageSize, classes } = config;
  return {
    ...{ parameters, batch, salt, model, gradMax, tolerance },
    targets: { anchors, imageSize, classes, grids: detectorGrids(config) },
    shapes: expect.parameterShapes,
    sums: expect.parameterSum,
    backboneShapes: expect.backboneShapes,
    expected: expect64 ?? expect,
  };
}

/** The graph's input: normalised images. */
export const detectorImage = ({ batch, model: { imageSize } }: RecordedDetector): Tensor =>
  input("image", "f32", [batch, CHANNELS, imageSize, imageSize]);

/** The graph's inputs: targets of each scale. */
export const detectorTargets = ({ batch, targets }: RecordedDetector): readonly Tensor[] =>
  targetShapes(batch, targets).map((shape, k) => input(`targets${k}`, "f32", shape));

/** A parameter or buffer as it was recorded, or by the formula that both sides know. */
export const detectorParameter = (
  fixture: Fixture,
  { parameters, salt }: RecordedDetector,
  parameter: Pick<Parameter, "name" | "shape">,
): Promise<NdArray<"f32">> =>
  recordedParameter(fixture, { parameters, config: { salt } }, parameter);

/** The recorded batch: images, and the targets of its boxes. */
export async function detectorFeeds(
  fixture: Fixture,
  { targets }: RecordedDetector,
): Promise<NamedArrays> {
  const image = await recordedImages(fixture);
  const built = detectionTargets(floats(await fixture.tensor("in/labels")), targets);
  return new Map<string, NdArray>([
    ["image", image],
    ...built.map((array, k): [string, NdArray] => [`targets${k}`, array]),
  ]);
}
