/** @file Looks at a mask's levels: is it one structure, perhaps with soft edges, or a map of several? */
import type { Mask } from "../image/mask.ts";
import type { PixelSize, Raster } from "../image/raster.ts";

/** A mask that can be used, or what is wrong with it as the end of a sentence. */
export type InspectedMask =
  | { readonly fault?: never; readonly mask: Mask; readonly isGrey: boolean }
  | { readonly fault: "size" | "levels"; readonly reason: string };

/** The levels that a grey picture has, ascending. */
export function levelsOf({ data }: Raster): readonly number[] {
  const seen = new Uint8Array(256);
  for (let pixel = 0; pixel < data.length; pixel++) seen[data[pixel] ?? 0] = 1;
  return Array.from(seen.keys()).filter((level) => seen[level] === 1);
}

/** Why a mask does not have its picture's size, or undefined where it has. */
export function sizeFault(mask: PixelSize, { width, height }: PixelSize): string | undefined {
  if (mask.width === width && mask.height === height) return undefined;
  return `it has ${mask.width} x ${mask.height} pixels and its picture ${width} x ${height}, expected the same size`;
}

/** Makes a mask of a grey picture: everything above half of its greatest level. */
export function inspectMask(picture: Raster, size: PixelSize): InspectedMask {
  const wrongSize = sizeFault(picture, size);
  if (wrongSize !== undefined) return { fault: "size", reason: wrongSize };
  const levels = levelsOf(picture);
  const greatest = levels.at(-1) ?? 0;
  const isGrey = levels.filter((level) => level > 0).length > 1;
  const strange = isGrey ? strangeLevel(picture, levels) : undefined;
  if (strange !== undefined) {
    const reason = `it has areas of level ${strange} beside those of ${greatest}, expected 0 and one other level; does it hold several classes? Each needs a file of its own`;
    return { fault: "levels", reason };
  }
  const { width, height } = picture;
  // Plain loops here and below: a set has thousands of masks, and a callback a pixel would cost more than decoding them.
  const data = new Uint8Array(width * height);
  let [inside, between] = [0, 0];
  for (let pixel = 0; pixel < data.length; pixel++) {
    const level = picture.data[pixel] ?? 0;
    if (isBetween(level, greatest)) between++;
    if (2 * level <= greatest) continue;
    data[pixel] = 1;
    inside++;
  }
  // Of a mask with soft edges few pixels are neither inside nor outside.
  if (isGrey && between > inside) {
    const reason = `more of its pixels lie between 0 and ${greatest} than belong to a structure; it is a picture, expected a mask: 0 and one other level`;
    return { fault: "levels", reason };
  }
  return { mask: { width, height, data }, isGrey };
}

/** A structure of a soft mask is at least this bright; a picture whose greatest level is lower holds numbers of classes. */
const BRIGHT = 64;

/** Of the greatest level: levels this near to it or to 0 are noise, as JPEG leaves it over whole blocks. */
const NOISE = 1 / 8;

const isBetween = (level: number, greatest: number): boolean =>
  level > greatest * NOISE && level < greatest * (1 - NOISE);

/**
 * A level that stands for something of its own: one that fills 3 × 3 pixels somewhere, clearly between 0 and the greatest level;
 * undefined where levels in between are edges only. An edge is a slope: its levels differ from pixel to pixel.
 */
function strangeLevel(picture: Raster, levels: readonly number[]): number | undefined {
  const greatest = levels.at(-1) ?? 0;
  if (greatest < BRIGHT) return levels.find((level) => level > 0 && level < greatest);
  if (!levels.some((level) => isBetween(level, greatest))) return undefined;
  const { width, height, data } = picture;
  for (let row = 1; row < height - 1; row++) {
    for (let column = 1; column < width - 1; column++) {
      const level = data[row * width + column] ?? 0;
      if (isBetween(level, greatest) && fillsSquare(picture, row, column)) return level;
    }
  }
  return undefined;
}

/** Have all eight neighbours of a pixel its level? */
function fillsSquare({ width, data }: Raster, row: number, column: number): boolean {
  const level = data[row * width + column];
  for (let r = row - 1; r <= row + 1; r++) {
    for (let c = column - 1; c <= column + 1; c++) if (data[r * width + c] !== level) return false;
  }
  return true;
}
