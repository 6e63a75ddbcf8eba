/** @file An image encoder out of any weight file, for features and for code of one's own. */
import { input } from "../../engine/tensor.ts";
import { vitEncoder } from "../../model/vit.ts";
import { Scope, Trace } from "../../nn/scope.ts";
import type { ClassifierOptions } from "../../recipes/classify-config.ts";
import { CLASSIFY_DEFAULTS } from "../../recipes/classify-recipes.ts";
import { zeros } from "../../util/nd-array.ts";
import type { FrozenEncoder } from "../probe/features.ts";
import { DOWNSTREAM_NORMALIZATION, encoderSource } from "./encoder-source.ts";

/** What the file does not say, or what is to be otherwise; the names of the configuration of a classifier. */
export type LoadEncoderOptions = Partial<Pick<ClassifierOptions, "heads" | "imageSize">>;

/** An encoder with its parameters in memory. */
export interface LoadedEncoder extends FrozenEncoder {
  /** The weight file. */
  readonly file: string;
  /** In a line: what was loaded, what was interpolated, and what the file does not say and was assumed. */
  readonly report: string;
}

const NORM = "norm.";
const CLASSIFIER_NORM = "fc_norm.";

/**
 * Loads the encoder of a run, a checkpoint's folder, or a weight file of any format and program that `ecamp weights inspect`
 * knows. Only its own tensors are read.
 *
 * @example
 * const encoder = await loadEncoder("mae_pretrain_vit_base.pth");
 * const features = await encoderFeatures(encoder, { device: openDevice() })(["film.jpg"]); // [1, 768]
 *
 * @throws {WeightsError} when the file cannot be read, its encoder is not whole, or a value is not finite
 * @throws {ConfigError} when the number of heads can only be guessed, or the image's side is no multiple of the patch's
 */
export async function loadEncoder(
  path: string,
  { heads = null, imageSize = null }: LoadEncoderOptions = {},
): Promise<LoadedEncoder> {
  const source = await encoderSource(path, { ...CLASSIFY_DEFAULTS.model, heads, imageSize });
  const { architecture, normalization = DOWNSTREAM_NORMALIZATION } = source;
  const trace = new Trace();
  const side = architecture.imageSize;
  vitEncoder(new Scope(trace), { image: input("image", "f32", [1, 3, side, side]) }, architecture);
  // A source fills a classifier, whose norm has another name; the arrays are the same.
  const parameters = new Map(
    [...trace.parameters.values()].map(({ name, shape }) => [name, zeros("f32", shape)] as const),
  );
  const places = new Map(
    [...parameters].map(([name, place]) => [
      name.startsWith(NORM) ? name.replace(NORM, CLASSIFIER_NORM) : name,
      place,
    ]),
  );
  const report = await source.fill(places, "encoder");
  return {
    config: { ...architecture, ...normalization },
    parameters,
    file: source.file ?? path,
    report: report ?? "",
  };
}
