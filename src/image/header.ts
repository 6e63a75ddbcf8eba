/** @file Opens a picture file and reads its header: which format the bytes are, how large, how the samples are stored. */
import { readFile } from "node:fs/promises";
import type { Metadata } from "sharp";
import { DecodeError, describeError } from "../util/errors.ts";
import { codec } from "./codec.ts";
import type { PixelSize } from "./raster.ts";
import type { PictureFormat } from "./sniff.ts";
import { sniffPicture } from "./sniff.ts";

/** Which pictures are refused. */
export interface PictureBounds {
  /** The shortest side that is accepted, in pixels. Default 1. */
  readonly minimumSide?: number;
  /** The most pixels that are accepted; the header is asked, before anything is unpacked. Default 100 million. */
  readonly maximumPixels?: number;
  /** What messages call the picture when bytes are given instead of a file. */
  readonly name?: string;
}

/** What a picture's header says. */
export interface PictureHeader extends PixelSize {
  /** The format, by its bytes. */
  readonly format: PictureFormat;
  /** How samples are stored; palettes count as `rgb`. */
  readonly colour: "grey" | "rgb" | "cmyk";
  /** Bits of a sample as it is unpacked. */
  readonly bits: 8 | 16;
}

/** A picture whose header has been read and accepted. */
export interface OpenedPicture {
  /** What messages call it, quoted. */
  readonly name: string;
  /** The file. */
  readonly bytes: Uint8Array;
  /** What it says of itself. */
  readonly header: PictureHeader;
}

/** The most pixels that are accepted where nothing is said. */
export const MAXIMUM_PIXELS = 100_000_000;

/** libvips names its colour spaces so. */
const COLOURS: Readonly<Record<string, PictureHeader["colour"]>> = {
  "b-w": "grey",
  grey16: "grey",
  srgb: "rgb",
  rgb16: "rgb",
  cmyk: "cmyk",
};

/**
 * Reads a picture's header only, for auditing many files.
 * @param source a file's path, or its bytes
 * @throws {DecodeError} as `openPicture`
 */
export async function readPictureHeader(
  source: string | Uint8Array,
  bounds: PictureBounds = {},
): Promise<PictureHeader> {
  return (await openPicture(source, bounds)).header;
}

/**
 * Reads a file and its header; its samples stay packed.
 * @param source a file's path, or its bytes
 * @throws {DecodeError} when the file cannot be read, is no JPEG or PNG whatever it is called, has a damaged header, or
 * is larger or smaller than the bounds allow
 */
export async function openPicture(
  source: string | Uint8Array,
  bounds: PictureBounds = {},
): Promise<OpenedPicture> {
  const name = JSON.stringify(typeof source === "string" ? source : (bounds.name ?? "(bytes)"));
  const bytes = await readBytes(source, name);
  const sniffed = sniffPicture(bytes);
  if (sniffed.format === undefined) {
    throw new DecodeError(
      `Cannot decode picture ${name}: found ${sniffed.found}, expected a JPEG or PNG picture; convert it or correct the path`,
    );
  }
  const header = await parseHeader({ name, bytes, format: sniffed.format });
  requireBounds(name, header, bounds);
  return { name, bytes, header };
}

/** The error for bytes that libvips could not read, with the first line of what it says. */
export function damagedPicture(name: string, cause: unknown): DecodeError {
  const [line = ""] = describeError(cause).split("\n");
  const trouble =
    line.replace(/^Input buffer has corrupt header:\s*/, "") || "its header is incomplete";
  return new DecodeError(
    `Cannot decode picture ${name}: the file is damaged or truncated (${trouble}); fetch it again or leave it out`,
    { cause },
  );
}

async function readBytes(source: string | Uint8Array, name: string): Promise<Uint8Array> {
  if (typeof source !== "string") return source;
  try {
    return await readFile(source);
  } catch (cause) {
    throw new DecodeError(`Cannot read picture ${name}: ${describeError(cause)}`, { cause });
  }
}

async function parseHeader({
  name,
  bytes,
  format,
}: {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly format: PictureFormat;
}): Promise<PictureHeader> {
  let metadata: Metadata;
  try {
    // No limit here, so that `requireBounds` can say how large the picture claims to be.
    metadata = await codec()(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw damagedPicture(name, cause);
  }
  const { width, height, space, depth } = metadata;
  const colour = COLOURS[space];
  if (colour === undefined) {
    throw new DecodeError(
      `Cannot decode picture ${name}: its colour space is "${space}", expected grey, RGB, a palette or CMYK; convert it`,
    );
  }
  return { format, width, height, colour, bits: depth === "ushort" ? 16 : 8 };
}

function requireBounds(name: string, { width, height }: PixelSize, bounds: PictureBounds): void {
  const { minimumSide = 1, maximumPixels = MAXIMUM_PIXELS } = bounds;
  if (width * height > maximumPixels) {
    throw new DecodeError(
      `Cannot decode picture ${name}: it claims ${width} x ${height} pixels, expected at most ${maximumPixels} in all; scale it down`,
    );
  }
  if (Math.min(width, height) < minimumSide) {
    throw new DecodeError(
      `Cannot decode picture ${name}: it has ${width} x ${height} pixels, expected sides of at least ${minimumSide}; leave it out`,
    );
  }
}
