/** @file Writes pictures as PNG or JPEG files. */
import type { Sharp } from "sharp";
import { codec } from "./codec.ts";
import type { Raster } from "./raster.ts";

/** How a JPEG is written. */
export interface JpegOptions {
  /** 1 … 100. Default 90. */
  readonly quality?: number;
}

/** The bytes of a PNG file: grey pictures with one channel. Decoding gives the same samples back. */
export async function encodePng(picture: Raster): Promise<Uint8Array> {
  return await fromRaster(picture).png().toBuffer();
}

/** The bytes of a JPEG file: grey pictures with one channel, colour at full resolution (4:4:4). */
export async function encodeJpeg(
  picture: Raster,
  { quality = 90 }: JpegOptions = {},
): Promise<Uint8Array> {
  return await fromRaster(picture).jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
}

function fromRaster({ width, height, channels, data }: Raster): Sharp {
  return codec()(data, { raw: { width, height, channels } }).toColourspace(
    channels === 1 ? "b-w" : "srgb",
  );
}
