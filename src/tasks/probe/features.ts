/** @file What a frozen encoder, or nothing but a small copy of the picture, says of pictures: one row of features a picture. */
import { buildGraph } from "../../engine/graph.ts";
import { reduceMean } from "../../engine/ops/reduce.ts";
import type { Device } from "../../engine/runtime/device.ts";
import { type NamedArrays, Program } from "../../engine/runtime/program.ts";
import { input } from "../../engine/tensor.ts";
import type { EncoderConfig } from "../../model/config.ts";
import { type Normalization, normalizeGrey, repeatChannels } from "../../model/grey-image.ts";
import { cutClassToken, type TokenOptions, vitEncoder } from "../../model/vit.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import { ConfigError, WeightsError } from "../../util/errors.ts";
import { type NdArray, toDoubles, zeros } from "../../util/nd-array.ts";
import { evaluationViews, type ViewOptions } from "./evaluation-views.ts";

/** Reads pictures and gives f32 [pictures, features]. */
export type FeatureExtractor = (
  files: readonly string[],
  options?: ExtractionOptions,
) => Promise<NdArray<"f32">>;

/** How pictures are read, and who is told how many are done. */
export interface ExtractionOptions extends ViewOptions {
  readonly onProgress?: ((pictures: number) => void) | undefined;
}

/** A pre-trained image encoder: any model's sizes and parameters will do, if the encoder's are among them. */
export interface FrozenEncoder {
  readonly config: EncoderConfig & TokenOptions & Normalization;
  /** By checkpoint name. */
  readonly parameters: NamedArrays;
}

/** How an encoder is run. */
export interface EncoderOptions {
  readonly device: Device;
  /** Pictures at once. Default 16. */
  readonly batch?: number;
}

const BATCH = 16;
const VIEWS = "views";
const FEATURES = "features";
const NAMES_SHOWN = 3;

function missingFeatures(): never {
  throw new RangeError(`internal: the program gave no "${FEATURES}"`);
}

/**
 * Features of a frozen encoder: the mean over the patch tokens after the final `norm`, of the whole evaluation view, unmasked.
 * @throws {WeightsError} when the parameters are not those of such an encoder
 */
export function encoderFeatures(
  encoder: FrozenEncoder,
  { device, batch = BATCH }: EncoderOptions,
): FeatureExtractor {
  const { imageSize: side, dim } = encoder.config;
  return async (files, { onProgress, ...viewing } = {}) => {
    await using program = await compileEncoder(encoder, { device, batch });
    const features = zeros("f32", [files.length, dim]);
    const views = zeros("u8", [batch, side, side]);
    const feeds = new Map<string, NdArray>([...encoder.parameters, [VIEWS, views]]);
    let filled = 0;
    let done = 0;
    const flush = async (): Promise<void> => {
      const pooled = toDoubles((await program.run(feeds)).get(FEATURES) ?? missingFeatures());
      // The last batch may end in pictures of the one before: their rows are not kept.
      for (let row = 0; row < filled; row++) {
        const values = pooled.subarray(row * dim, (row + 1) * dim);
        if (!values.every(Number.isFinite)) throw notFinite(files[done] ?? "");
        features.data.set(values, done * dim);
        done++;
      }
      filled = 0;
      onProgress?.(done);
    };
    for await (const view of evaluationViews(files, side, viewing)) {
      views.data.set(view, filled * side * side);
      filled++;
      if (filled === batch) await flush();
    }
    if (filled > 0) await flush();
    return features;
  };
}

function notFinite(file: string): WeightsError {
  return new WeightsError(
    `Cannot take features of "${file}": the encoder's output is not finite; its parameters are damaged, or its training diverged`,
  );
}

/** u8 [B, S, S] → f32 [B, D]. */
async function compileEncoder(
  { config, parameters }: FrozenEncoder,
  { device, batch }: Required<EncoderOptions>,
): Promise<Program> {
  const { imageSize: side } = config;
  const image = repeatChannels(normalizeGrey(input(VIEWS, "u8", [batch, side, side]), config));
  const trace = new Trace();
  const latent = vitEncoder(new Scope(trace), { image }, config); // [B, 1 + N, D]
  requireParameters(trace, parameters);
  const pooled = reduceMean(cutClassToken(latent).patches, { axes: [1] }); // [B, D]
  return Program.compile(buildGraph({ [FEATURES]: pooled }), device);
}

function requireParameters(trace: Trace, parameters: NamedArrays): void {
  const missing = [...trace.parameters.keys()].filter((name) => !parameters.has(name));
  if (missing.length === 0) return;
  const rest = missing.length > NAMES_SHOWN ? " …" : "";
  throw new WeightsError(
    `Cannot take features of the model: ${missing.length} of the encoder's ${trace.parameters.size} parameters are missing (${missing.slice(0, NAMES_SHOWN).join(", ")}${rest})`,
  );
}

/**
 * The picture itself, `side` × `side` grey levels of [0, 1]: what a linear read-out can do without any encoder, the floor that
 * features are to be compared with.
 * @throws {ConfigError} when the side is not a whole number from 1
 */
export function pixelFeatures(side: number): FeatureExtractor {
  if (!Number.isSafeInteger(side) || side < 1) {
    throw new ConfigError(
      `Cannot take ${side} × ${side} pixels as features: a whole number from 1 expected`,
    );
  }
  return async (files, { onProgress, ...viewing } = {}) => {
    const features = zeros("f32", [files.length, side * side]);
    let done = 0;
    for await (const view of evaluationViews(files, side, viewing)) {
      features.data.set(
        Float32Array.from(view, (level) => level / 255),
        done * side * side,
      );
      done++;
      onProgress?.(done);
    }
    return features;
  };
}
