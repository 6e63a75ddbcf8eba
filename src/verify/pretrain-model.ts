/** @file What the kinds `pretrain` and `pretrain-steps` share: a fixture's model, parameters and batch. */
import { z } from "zod";
import type { EcampConfig } from "../model/config.ts";
import type { FeedOptions, HostBatch } from "../model/ecamp-feeds.ts";
import { initialValues } from "../nn/initializers.ts";
import type { Parameter } from "../nn/scope.ts";
import { ManifestError } from "../util/errors.ts";
import { type DType, describeShape, type NdArray } from "../util/nd-array.ts";
import { type Fixture, fixtureFields } from "./fixture.ts";
import { formulaParameter } from "./formula.ts";

const size = z.int().positive();

const configSchema = z.object({
  imageSize: size,
  bigImageSize: size,
  patch: size,
  window: size,
  mean: z.number(),
  std: z.number(),
  batch: size,
  tokens: size,
  kept: size,
  dim: size,
  depth: size,
  heads: size,
  decoderDim: size,
  decoderDepth: size,
  decoderHeads: size,
  mlpRatio: z.number().positive(),
  bertDim: size,
  bertDepth: size,
  bertHeads: size,
  bertMlpDim: size,
  vocab: size,
  positions: size,
  layerNormEps: z.number(),
  bertLayerNormEps: z.number(),
  dropout: z.literal(0),
  salt: z.string().default(""),
});

/** The part of a fixture from which its model is rebuilt. */
const fixtureSchema = z.object({ config: configSchema, parameters: z.enum(["stored", "formula"]) });

/** A fixture's model as our options. */
export interface FixtureModel {
  readonly config: EcampConfig;
  readonly batch: number;
  readonly tokens: number;
  readonly kept: number;
  readonly window: number;
  readonly salt: string;
  readonly parameters: "stored" | "formula";
}

/** Reads the configuration of a fixture; the architecture is the published one. */
export function fixtureModel(fixture: Fixture): FixtureModel {
  const { config, parameters } = fixtureFields(fixture, fixtureSchema);
  const { batch, tokens, kept, window, salt, dropout, ...sizes } = config;
  return {
    config: {
      ...sizes,
      dropout,
      attentionDropout: dropout,
      positionExponent: "k/(2d)",
      finalRelu: true,
      tiedDecoder: false,
    },
    batch,
    tokens,
    kept,
    window,
    salt,
    parameters,
  };
}

/** A parameter's recorded value: stored in the fixture, by formula, or the fixed table that the model brings. */
export async function fixtureParameter(
  fixture: Fixture,
  { name, shape, trainable, initializer }: Parameter,
  { parameters, salt }: FixtureModel,
): Promise<NdArray<"f32">> {
  if (parameters === "stored") return floats(await fixture.tensor(`param/${name}`));
  if (trainable) return formulaParameter({ name, shape, salt });
  return initialValues({ name, shape, initializer, seed: 0 }); // a table: nothing is drawn
}

/** A tensor that is known to be of a type. */
function typed<D extends DType>(array: NdArray, dtype: D): NdArray<D> {
  if (array.dtype !== dtype) {
    throw new ManifestError(
      `Cannot replay a fixture: an input is ${describeShape(array)}, expected ${dtype}`,
    );
  }
  return array as NdArray<D>;
}

/** Numbers of any type as f32. */
const floats = ({ shape, data }: NdArray): NdArray<"f32"> => ({
  dtype: "f32",
  shape,
  data: Float32Array.from(data as ArrayLike<number | bigint>, Number),
});

/** The recorded batch with one of its noises. */
export async function fixtureBatch(fixture: Fixture, noise = "in/noise"): Promise<HostBatch> {
  return {
    image: typed(await fixture.tensor("in/image_u8"), "u8"),
    ids: typed(await fixture.tensor("in/ids"), "i64"),
    labels: typed(await fixture.tensor("in/labels"), "i64"),
    attentionMask: floats(await fixture.tensor("in/attention_mask")),
    tokenWeights: floats(await fixture.tensor("in/weights")),
    windowTop: floats(await fixture.tensor("in/column")).data, // the first, vertical axis is called column there
    windowLeft: floats(await fixture.tensor("in/row")).data,
    noise: floats(await fixture.tensor(noise)),
  };
}

/** How a fixture's batch becomes inputs. */
export const feedOptions = ({ config, kept, window }: FixtureModel): FeedOptions => ({
  config,
  kept,
  window,
});
