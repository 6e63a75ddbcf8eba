/** @file Reads a JPEG or PNG as Pillow's `Image.open(file).convert("RGB")` does: the stored samples, nothing applied to them. */
import { DecodeError } from "../util/errors.ts";
import { codec } from "./codec.ts";
import type { OpenedPicture, PictureBounds } from "./header.ts";
import { damagedPicture, MAXIMUM_PIXELS, openPicture } from "./header.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster } from "./raster.ts";
import type { SixteenBit } from "./sixteen-bit.ts";
import { toEightBit } from "./sixteen-bit.ts";

/** How a picture is read, and which pictures are refused. */
export interface DecodeOptions extends PictureBounds {
  /** What becomes of 16-bit grey; `range` where nothing is said. 16-bit RGB keeps the high byte either way. */
  readonly sixteenBit?: SixteenBit;
  /** Bits that a 16-bit grey sample uses, where the dataset states it. Only `range` asks; a level beyond them is an error. */
  readonly bitDepth?: number | undefined;
}

/**
 * Reads a picture.
 *
 * As Pillow: alpha is dropped, palettes are expanded, of 16-bit RGB the high byte is kept, CMYK is multiplied out, and
 * neither EXIF orientation nor colour profile nor gamma is applied. A grey picture stays one channel. JPEG samples are
 * those of libjpeg-turbo's accurate integer transform at full size: shrinking while decoding would change them.
 *
 * @param source a file's path, or its bytes
 * @throws {DecodeError} when the file cannot be read, is no JPEG or PNG (whatever it is called), is truncated or damaged,
 * is larger or smaller than the options allow, or has a grey level that the stated bit depth does not
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<Raster> {
  const picture = await openPicture(source, options);
  const { colour, bits } = picture.header;
  const limit = options.maximumPixels ?? MAXIMUM_PIXELS;
  if (bits === 16) {
    const samples = await unpack(picture, { space: colour === "grey" ? "grey16" : "rgb16", limit });
    return fromSixteen(picture, samples, options);
  }
  if (colour === "cmyk")
    return fromCmyk(picture.header, await unpack(picture, { space: "cmyk", limit }));
  const samples = await unpack(picture, { space: colour === "grey" ? "b-w" : "srgb", limit });
  return withoutAlpha(picture, samples);
}

interface Samples {
  /** Interleaved; bytes, or 16-bit words in machine order. */
  readonly data: Buffer;
  /** Alpha included. */
  readonly channels: number;
}

interface Unpacking {
  /** The picture's own colour space, so that nothing is converted. */
  readonly space: "b-w" | "srgb" | "cmyk" | "grey16" | "rgb16";
  /** The most pixels, again: what is unpacked is what the header said. */
  readonly limit: number;
}

async function unpack(
  { name, bytes }: OpenedPicture,
  { space, limit }: Unpacking,
): Promise<Samples> {
  const depth = space.endsWith("16") ? "ushort" : "uchar";
  try {
    // `error`: missing or undecodable data ends the reading; what libjpeg merely warns of does not (as in Pillow).
    let pipeline = codec()(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: limit });
    if (space === "cmyk") pipeline = pipeline.pipelineColourspace("cmyk");
    const output = pipeline.toColourspace(space).raw({ depth });
    const { data, info } = await output.toBuffer({ resolveWithObject: true });
    return { data, channels: info.channels };
  } catch (cause) {
    throw damagedPicture(name, cause);
  }
}

/** Offset of the colour type in a PNG, and its value for grey with a stored alpha channel. */
const PNG_COLOUR_TYPE = 25;
const GREY_WITH_ALPHA = 4;

function fromSixteen(
  picture: OpenedPicture,
  { data, channels }: Samples,
  { sixteenBit = "range", bitDepth }: DecodeOptions,
): Raster {
  const { width, height, colour } = picture.header;
  const words = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  // Pillow opens 16-bit grey with alpha by its high bytes, so there is nothing to clip.
  const greyAlpha = picture.bytes[PNG_COLOUR_TYPE] === GREY_WITH_ALPHA;
  if (colour === "rgb" || (greyAlpha && sixteenBit === "clip")) {
    const high = Buffer.from(words.map((word) => word >>> 8));
    return withoutAlpha(picture, { data: high, channels });
  }
  const grey = channels === 1 ? words : words.filter((_, i) => i % channels === 0);
  if (sixteenBit === "range" && bitDepth !== undefined) requireDepth(picture.name, grey, bitDepth);
  return toEightBit({ width, height, data: grey }, { sixteenBit, bitDepth });
}

/** A level beyond the stated depth would be cut: either the picture or what is said of the set is wrong. */
function requireDepth(name: string, levels: Uint16Array, bitDepth: number): void {
  const greatest = 2 ** bitDepth - 1;
  const found = levels.reduce((most, level) => Math.max(most, level), 0);
  if (found <= greatest) return;
  throw new DecodeError(
    `Cannot decode picture ${name}: it has the grey level ${found}, expected at most ${greatest}, because its dataset states ${bitDepth} bits; correct "bitDepth" in dataset.json, or leave the picture out`,
  );
}

/** Drops alpha, which libvips puts last. */
function withoutAlpha({ header }: OpenedPicture, { data, channels }: Samples): Raster {
  const { width, height, colour } = header;
  const kept = colour === "grey" ? 1 : 3;
  // A plain Uint8Array: V8 compiles loops over it once, not again for Node's Buffer.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (channels === kept) return raster({ width, height, channels: kept, data: bytes });
  const out = new Uint8Array(width * height * kept);
  for (let from = 0, to = 0; to < out.length; from += channels) {
    for (let channel = 0; channel < kept; channel++) out[to++] = bytes[from + channel] ?? 0;
  }
  return raster({ width, height, channels: kept, data: out });
}

/** Ink to light: white less black, less its share of each ink. */
function fromCmyk({ width, height }: PixelSize, { data }: Samples): Raster {
  const out = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < out.length; from += 4) {
    const light = 255 - (data[from + 3] ?? 0);
    for (let channel = 0; channel < 3; channel++) {
      out[to++] = light - Math.round(((data[from + channel] ?? 0) * light) / 255);
    }
  }
  return raster({ width, height, channels: 3, data: out });
}
