/** @file A picture inside a square, its sides in proportion, black beside it: how SIIM and RIGA masks are resized (SPEC 4.2). */
import { type FloatPlane, resizeArea, resizeAreaFloat } from "./opencv-resize.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster } from "./raster.ts";

/** Where a letterboxed picture lies in its square. */
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

/**
 * Letterboxes a picture to `side` × `side` by OpenCV's `INTER_AREA`.
 * @throws {RangeError} when the side is not a whole number from 1
 */
export function letterbox(source: Raster, side: number): Raster {
  const place = letterboxOf(source, side);
  const { data } = resizeArea(source, place);
  const { channels } = source;
  const out = new Uint8Array(side * side * channels);
  copyRows(data, out, { place, side, channels });
  return raster({ width: side, height: side, channels, data: out });
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
