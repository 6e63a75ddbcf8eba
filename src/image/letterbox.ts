/** @file A picture inside a square: stretched over all of it, or its sides in proportion and black beside it, as SIIM and RIGA masks (SPEC 4.2). */
import { type FloatPlane, resizeArea, resizeAreaFloat } from "./opencv-resize.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster } from "./raster.ts";

/** How a picture comes into a square: over all of it, or with its sides in proportion and black beside it. */
export type Fit = "stretch" | "letterbox";

/** Where a picture lies in its square. */
export interface Letterbox extends PixelSize {
  /** Columns before it; as many behind it, or one more. */
  readonly left: number;
  /** Rows before it. */
  readonly top: number;
}

/** The longer side becomes `side`, the other one in proportion, cut to whole pixels, but never to none. */
export function letterboxOf({ width, height }: PixelSize, side: number): Letterbox {
  const ratio = side / Math.max(width, height);
  const inner = {
    width: Math.max(1, Math.trunc(width * ratio)),
    height: Math.max(1, Math.trunc(height * ratio)),
  };
  return {
    ...inner,
    left: Math.floor((side - inner.width) / 2),
    top: Math.floor((side - inner.height) / 2),
  };
}

/** Where a picture lies in a square of this side. */
export function placeInSquare(picture: PixelSize, side: number, fit: Fit): Letterbox {
  if (fit === "letterbox") return letterboxOf(picture, side);
  return { left: 0, top: 0, width: side, height: side };
}

/**
 * A square of this side that is black but for a picture at its place; the picture itself where it fills the square.
 * @param placed of the place's size
 */
export function padToSquare(placed: Raster, { left, top }: Letterbox, side: number): Raster {
  const { width, height, channels, data } = placed;
  if (width === side && height === side) return placed;
  const out = new Uint8Array(side * side * channels);
  copyRows(data, out, { place: { left, top, width, height }, side, channels });
  return raster({ width: side, height: side, channels, data: out });
}

/**
 * Letterboxes a picture to `side` × `side` by OpenCV's `INTER_AREA`.
 * @throws {RangeError} when the side is not a whole number from 1
 */
export function letterbox(source: Raster, side: number): Raster {
  const place = letterboxOf(source, side);
  return padToSquare(resizeArea(source, place), place, side);
}

/**
 * `letterbox` of a picture in f32: the edges of a mask become fractions.
 * @throws {RangeError} when the side is not a whole number from 1
 */
export function letterboxFloat(source: FloatPlane, side: number): FloatPlane {
  const place = letterboxOf(source, side);
  const { data } = resizeAreaFloat(source, place);
  const out = new Float32Array(side * side);
  copyRows(data, out, { place, side, channels: 1 });
  return { width: side, height: side, data: out };
}

function copyRows<Data extends Uint8Array | Float32Array>(
  from: Data,
  to: Data,
  { place, side, channels }: { place: Letterbox; side: number; channels: number },
): void {
  const length = place.width * channels;
  for (let row = 0; row < place.height; row++) {
    const start = ((place.top + row) * side + place.left) * channels;
    to.set(from.subarray(row * length, (row + 1) * length), start);
  }
}
