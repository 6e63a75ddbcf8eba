/** @file A decoded picture in memory: 8-bit samples, interleaved, row-major. */

/** An 8-bit picture: grey (one channel) or RGB (three). */
export interface Raster {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 = grey, 3 = red, green, blue. */
  readonly channels: 1 | 3;
  /** `[height, width, channels]`, row-major. */
  readonly data: Uint8Array;
}

/** A grey picture of 16-bit samples, as some radiographs are stored; `toEightBit` makes it a `Raster`. */
export interface Raster16 {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width]`, row-major. */
  readonly data: Uint16Array;
}

/** Width and height in pixels. */
export interface PixelSize {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Wraps samples as a picture.
 * @throws {RangeError} when a side is not a whole number from 1, or the number of samples does not fit
 */
export function raster({ width, height, channels, data }: Raster): Raster {
  requireSize({ width, height }, "wrap samples as a picture");
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw new RangeError(
      `Cannot wrap ${data.length} samples as a picture of ${width} x ${height} x ${channels}: ${expected} samples expected`,
    );
  }
  return { width, height, channels, data };
}

/**
 * Checks that a size has whole sides from 1.
 * @param attempt what the caller was doing, for the message
 * @throws {RangeError} otherwise
 */
export function requireSize({ width, height }: PixelSize, attempt: string): void {
  const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height);
  if (!whole || width < 1 || height < 1) {
    throw new RangeError(
      `Cannot ${attempt}: sides must be whole numbers from 1, current size is ${width} x ${height}`,
    );
  }
}
