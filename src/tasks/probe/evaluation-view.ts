/** @file The view of a radiograph that nothing is drawn for: resized, its middle, grey (SPEC 4.1). */
import { mapInOrder } from "../../data/map-in-order.ts";
import { type DecodeOptions, decodeImage } from "../../image/decode.ts";
import { centerCrop, shorterSideSize } from "../../image/geometry.ts";
import { mergeEqualChannels, toGrayscale } from "../../image/grayscale.ts";
import type { Raster } from "../../image/raster.ts";
import { resample } from "../../image/resample.ts";

/** Pictures that are decoded while one is resampled. */
const IN_FLIGHT = 4;

/** Resizes the shorter side to `side` pixels (bilinear, antialiased), cuts out the middle and makes it grey: u8 [side, side]. */
export function evaluationView(picture: Raster, side: number): Uint8Array {
  const merged = mergeEqualChannels(picture);
  const size = shorterSideSize(merged, side);
  const resized = resample(merged, { ...size, interpolation: "bilinear" });
  return toGrayscale(centerCrop(resized, { width: side, height: side })).data;
}

/** How pictures are read. */
export interface ViewOptions {
  readonly decode?: DecodeOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The evaluation views of picture files, in order, decoded a few ahead.
 * @throws {DecodeError} when a file cannot be read
 */
export async function* evaluationViews(
  files: readonly string[],
  side: number,
  { decode = {}, signal }: ViewOptions = {},
): AsyncGenerator<Uint8Array> {
  for await (const picture of mapInOrder(files, IN_FLIGHT, (file) => decodeImage(file, decode))) {
    signal?.throwIfAborted();
    yield evaluationView(picture, side);
  }
}
