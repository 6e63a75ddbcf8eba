/** @file One film of a synthetic set: rendered, encoded and described; a pure function of its options, wherever it runs. */
import { encodeJpeg, encodePng } from "../../image/encode.ts";
import type { ContextRecord, DatasetRecord } from "../record.ts";
import { contextOf, type FilmKey, fileStem, recordOf, reportOf } from "./film-record.ts";
import { type Phantom, renderPhantom } from "./phantom.ts";

/** The form of the films' files. */
export type FilmFormat = "jpeg" | "png";

/** What all films of a set have in common. */
export interface FilmOptions {
  readonly seed: number;
  /** Pixels of a side. */
  readonly size: number;
  readonly format: FilmFormat;
  /** Whether the masks of lungs and heart are made too. */
  readonly anatomyMasks: "all" | "none";
}

/** A picture's file. */
export interface PictureFile {
  /** Relative to the image root. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A film as it is to be written. */
export interface MadeFilm {
  readonly record: DatasetRecord;
  readonly context: ContextRecord;
  readonly pictures: readonly PictureFile[];
}

const JPEG_QUALITY = 95;
const EXTENSION: Readonly<Record<FilmFormat, string>> = { jpeg: "jpg", png: "png" };

/** Makes film `index` of a set. */
export async function makeFilm(
  { seed, size, format, anatomyMasks }: FilmOptions,
  index: number,
): Promise<MadeFilm> {
  const key: FilmKey = { seed, index };
  const phantom = renderPhantom({ ...key, size });
  const written = reportOf(key, phantom);
  const stem = fileStem(key);
  const image = `images/${stem}.${EXTENSION[format]}`;
  const masks = masksOf(phantom, anatomyMasks).map(
    ([name, mask]) => ({ name, path: `masks/${name}/${stem}.png`, mask }) as const,
  );
  const pictures = await Promise.all([
    encode(phantom, format).then((bytes) => ({ path: image, bytes })),
    ...masks.map(async ({ path, mask }) => ({ path, bytes: await encodePng(mask) })),
  ]);
  const paths = { image, masks: Object.fromEntries(masks.map(({ name, path }) => [name, path])) };
  return {
    record: recordOf(key, { phantom, report: written.report, paths }),
    context: contextOf(key, written),
    pictures,
  };
}

function masksOf({ masks, anatomy }: Phantom, anatomyMasks: FilmOptions["anatomyMasks"]) {
  const organs = anatomyMasks === "all" ? { Lungs: anatomy.lungs, Heart: anatomy.heart } : {};
  return Object.entries({ ...masks, ...organs });
}

async function encode({ film }: Phantom, format: FilmFormat): Promise<Uint8Array> {
  return format === "png" ? encodePng(film) : encodeJpeg(film, { quality: JPEG_QUALITY });
}
