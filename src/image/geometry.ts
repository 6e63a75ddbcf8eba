/** @file Crops and flips that move pixels without changing them, and the sizes of torchvision's evaluation view. */
import type { PixelSize, Raster } from "./raster.ts";
import { raster, requireSize } from "./raster.ts";
import { roundHalfEven } from "./round-half-even.ts";

/** A rectangle of whole pixels. */
export interface CropBox extends PixelSize {
  /** Columns left of it. */
  readonly left: number;
  /** Rows above it. */
  readonly top: number;
}

/**
 * Checks that a box lies inside a picture.
 * @param attempt the verb for the message
 * @throws {RangeError} otherwise
 */
export function requireInside(box: CropBox, { width, height }: PixelSize, attempt: string): void {
  const { left, top } = box;
  requireSize(box, `${attempt} a box`);
  const whole = Number.isSafeInteger(left) && Number.isSafeInteger(top);
  if (!whole || left < 0 || top < 0 || left + box.width > width || top + box.height > height) {
    throw new RangeError(
      `Cannot ${attempt} the box of ${box.width} x ${box.height} at column ${left}, row ${top}: the picture has ${width} x ${height} pixels`,
    );
  }
}

/**
 * Cuts a box out of a picture.
 * @throws {RangeError} when the box leaves the picture
 */
export function crop(source: Raster, box: CropBox): Raster {
  requireInside(box, source, "crop");
  const { width, height } = box;
  const { channels } = source;
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((box.top + row) * source.width + box.left) * channels;
    data.set(source.data.subarray(from, from + width * channels), row * width * channels);
  }
  return raster({ width, height, channels, data });
}

/** Pixels where columns and rows of a picture meet, in any order. */
export interface PixelLines {
  readonly columns: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
}

/** The pixels where columns and rows meet, as a picture. The lines must be the picture's. */
export function takePixels(source: Raster, { columns, rows }: PixelLines): Raster {
  const { channels } = source;
  const data = new Uint8Array(columns.length * rows.length * channels);
  let to = 0;
  for (let j = 0; j < rows.length; j++) {
    const row = (rows[j] ?? 0) * source.width;
    for (let i = 0; i < columns.length; i++) {
      const from = (row + (columns[i] ?? 0)) * channels;
      for (let channel = 0; channel < channels; channel++)
        data[to++] = source.data[from + channel] ?? 0;
    }
  }
  return raster({ width: columns.length, height: rows.length, channels, data });
}

/**
 * Cuts the middle out of a picture as torchvision's `CenterCrop`: offsets are rounded half to even, and a side that is
 * too short is first padded with 0, the odd pixel behind.
 */
export function centerCrop(source: Raster, { width, height }: PixelSize): Raster {
  requireSize({ width, height }, "crop the middle of a picture");
  const padded = padAround(source, {
    width: Math.max(width, source.width),
    height: Math.max(height, source.height),
  });
  return crop(padded, {
    left: roundHalfEven((padded.width - width) / 2),
    top: roundHalfEven((padded.height - height) / 2),
    width,
    height,
  });
}

function padAround(source: Raster, { width, height }: PixelSize): Raster {
  if (width === source.width && height === source.height) return source;
  const { channels } = source;
  const left = Math.floor((width - source.width) / 2);
  const top = Math.floor((height - source.height) / 2);
  const data = new Uint8Array(width * height * channels);
  const rowLength = source.width * channels;
  for (let row = 0; row < source.height; row++) {
    const line = source.data.subarray(row * rowLength, (row + 1) * rowLength);
    data.set(line, ((top + row) * width + left) * channels);
  }
  return raster({ width, height, channels, data });
}

/** The size whose shorter side is `shorter`, as torchvision's `Resize`: the longer one is ⌊shorter · long / short⌋. */
export function shorterSideSize({ width, height }: PixelSize, shorter: number): PixelSize {
  const longer = Math.floor((shorter * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: shorter, height: longer } : { width: longer, height: shorter };
}

/** Exchanges left and right. */
export function flipHorizontal(source: Raster): Raster {
  const { width, height, channels, data } = source;
  if (channels === 1) return flipGrey(source);
  const out = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    let from = (row + 1) * width * channels;
    const end = row * width * channels;
    for (let to = end; from > end; to += channels) {
      from -= channels;
      for (let channel = 0; channel < channels; channel++) {
        out[to + channel] = data[from + channel] ?? 0;
      }
    }
  }
  return raster({ width, height, channels, data: out });
}

/** By the runtime's own loops, since a radiograph has millions of pixels. */
function flipGrey({ width, height, data }: Raster): Raster {
  const out = Uint8Array.from(data);
  for (let row = 0; row < height; row++) out.subarray(row * width, (row + 1) * width).reverse();
  return raster({ width, height, channels: 1, data: out });
}
