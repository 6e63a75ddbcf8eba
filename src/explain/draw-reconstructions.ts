/** @file From picture files and a checkpoint to the picture of what the model makes of them. */
import { availableParallelism } from "node:os";
import { openDevice } from "../engine/runtime/device.ts";
import { decodeImage } from "../image/decode.ts";
import { encodePng } from "../image/encode.ts";
import { toGrayscale } from "../image/grayscale.ts";
import { resample } from "../image/resample.ts";
import type { NdArray } from "../util/nd-array.ts";
import { readPretrainedModel } from "./pretrained-model.ts";
import { reconstruct } from "./reconstruction.ts";
import { reconstructionPicture } from "./reconstruction-picture.ts";

/** What draws the picture. */
export interface DrawingOptions {
  /** A checkpoint's `model.safetensors`. */
  readonly model: string;
  readonly maskRatio: number;
  /** Draws which patches are removed. */
  readonly seed: number;
}

/**
 * A PNG with one row a film; see `reconstructionPicture` for its panels. Films are stretched to a square.
 * @throws {RangeError} when there are no files, or the mask ratio is not in 0 … 1
 * @throws {WeightsError | DecodeError} when the model or a film cannot be read
 */
export async function drawReconstructions(
  files: readonly string[],
  { model, maskRatio, seed }: DrawingOptions,
): Promise<Uint8Array> {
  if (files.length === 0) throw new RangeError("Cannot draw reconstructions: no film was given");
  const { config, normalizedPatches, parameters } = await readPretrainedModel(model);
  const film = await readFilms(files, config.bigImageSize);
  const device = openDevice({ threads: availableParallelism() });
  const stages = await reconstruct({ image: film, maskRatio, seed }, parameters, {
    config,
    device,
    normalizedPatches,
  });
  return encodePng(reconstructionPicture(film, stages, config));
}

/** Films as grey levels u8 [B, side, side]. */
async function readFilms(files: readonly string[], side: number): Promise<NdArray<"u8">> {
  const data = new Uint8Array(files.length * side * side);
  for (const [position, file] of files.entries()) {
    const picture = toGrayscale(await decodeImage(file));
    const view = resample(picture, { width: side, height: side, interpolation: "bicubic" });
    data.set(view.data, position * side * side);
  }
  return { dtype: "u8", shape: [files.length, side, side], data };
}
