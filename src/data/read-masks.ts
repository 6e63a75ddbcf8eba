/** @file Reads the masks of a record: for every class the pixels that belong to it, or that nothing is known. */
import { join } from "node:path";
import { decodeImage } from "../image/decode.ts";
import { type Corners, emptyMask, type Mask, maskOfBoxes } from "../image/mask.ts";
import type { PixelSize, Raster } from "../image/raster.ts";
import { DecodeError } from "../util/errors.ts";
import { inspectMask } from "./inspect-mask.ts";
import type { Box, DatasetRecord } from "./record.ts";
import { RepairCounter, type RepairCounts } from "./repairs.ts";

/** What becomes of a mask with grey edges: it is cut at half of its greatest level and counted, or refused. */
export type GreyMasks = "halve" | "error";

/** What a mask's file must be. */
export interface ReadMaskOptions {
  /** The picture's size in pixels of its file, which the mask must have too. */
  readonly size: PixelSize;
  /** `halve` by default. */
  readonly grey?: GreyMasks;
}

/** A mask, and what was mended in it. */
export interface ReadMask {
  readonly mask: Mask;
  readonly repairs: RepairCounts;
}

/** Where masks are, and what they must be. */
export interface ReadMasksOptions extends ReadMaskOptions {
  /** The folder that mask paths start from: `Dataset.maskRoot`. */
  readonly maskRoot: string;
  /** Are the boxes of a class its mask, where it has none of its own? No by default. */
  readonly fillBoxes?: boolean;
}

/** The masks of a record's picture, and what was mended in them. */
export interface RecordMasks {
  /** One for each class, in their order; undefined where nothing is known of the class. */
  readonly masks: readonly (Mask | undefined)[];
  readonly repairs: RepairCounts;
}

type Annotated = Pick<DatasetRecord, "masks" | "labels" | "boxes">;

/** Is anything known of where a class is in a record's picture? It is by a mask, or by a label that denies the class. */
export function knowsMask({ masks, labels }: Annotated, name: string): boolean {
  return masks?.[name] !== undefined || labels?.[name] === 0;
}

/**
 * Reads a mask: a grey picture of two levels, 0 and any other one. Grey edges, as resizing leaves them, are cut at half.
 * @throws {DecodeError} when the file is no PNG or JPEG, has another size than the picture, is coloured, or holds areas of more
 *   than one level, as a mask of several classes does
 */
export async function readMask(
  path: string,
  { size, grey = "halve" }: ReadMaskOptions,
): Promise<ReadMask> {
  const found = inspectMask(await decodeMask(path), size);
  if (found.fault !== undefined) throw maskError(path, found.reason);
  const { mask, isGrey } = found;
  if (isGrey && grey === "error") {
    throw maskError(path, "it has levels in between, expected 0 and one other level");
  }
  return { mask, repairs: isGrey ? { "grey-mask": 1 } : {} };
}

/**
 * A mask's samples as one grey channel.
 * @throws {DecodeError} when it cannot be read, or is coloured
 */
export async function decodeMask(path: string): Promise<Raster> {
  const picture = await decodeImage(path);
  if (picture.channels === 1) {
    if (picture.data.some((level) => level > 0)) return picture;
    // A 16-bit mask that covers the whole picture has no range, and would be read as nothing.
    return decodeImage(path, { sixteenBit: "clip" });
  }
  const { width, height, data } = picture;
  const grey = new Uint8Array(width * height);
  for (let pixel = 0, from = 0; pixel < grey.length; pixel++, from += 3) {
    const red = data[from] ?? 0;
    if (red !== data[from + 1] || red !== data[from + 2]) {
      throw maskError(path, "it is coloured, expected grey: 0 and one other level");
    }
    grey[pixel] = red;
  }
  return { width, height, channels: 1, data: grey };
}

/** An error about a mask's file. */
export function maskError(path: string, found: string): DecodeError {
  return new DecodeError(`Cannot use mask "${path}": ${found}`);
}

/**
 * Reads the masks of a record. A class without one that a label denies has an empty mask; one without either is unknown.
 * @throws {DecodeError} as `readMask`
 */
export async function readMasks(
  record: Annotated,
  classes: readonly string[],
  { maskRoot, fillBoxes = false, ...options }: ReadMasksOptions,
): Promise<RecordMasks> {
  const repairs = new RepairCounter();
  const masks = await Promise.all(
    classes.map(async (name) => {
      const path = record.masks?.[name];
      if (path !== undefined) {
        const read = await readMask(join(maskRoot, path), options);
        repairs.merge(read.repairs);
        return read.mask;
      }
      if (fillBoxes && record.boxes !== undefined) {
        return maskOfBoxes(cornersOf(record.boxes, name), options.size);
      }
      return knowsMask(record, name) ? emptyMask(options.size) : undefined;
    }),
  );
  return { masks, repairs: repairs.counts() };
}

function cornersOf(boxes: readonly Box[], name: string): readonly Corners[] {
  return boxes
    .filter(({ label }) => label === name)
    .map(({ x, y, width, height }) => [x, y, x + width, y + height]);
}
