/** @file OpenCV's `warpAffine` of the published augmentation (SPEC 2, 4.2): a picture scaled and turned about its middle, black around it. */
import type { PixelLines } from "./geometry.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster } from "./raster.ts";
import { roundHalfEven } from "./round-half-even.ts";

/** Where a place (x, y) of the source goes: row · (x, y, 1). Pixels have their centres at whole numbers. */
export type AffineMatrix = readonly [
  readonly [xx: number, xy: number, x: number],
  readonly [yx: number, yy: number, y: number],
];

/** A turn and a scaling. */
export interface ScaleRotation {
  readonly scaleX: number;
  readonly scaleY: number;
  /** Degrees; positive turns the picture anticlockwise, as it is seen. */
  readonly angle: number;
}

/** The matrix that scales and turns a picture of this size about its middle. */
export function scaleRotation(
  { scaleX, scaleY, angle }: ScaleRotation,
  { width, height }: PixelSize,
): AffineMatrix {
  const radians = (angle * Math.PI) / 180;
  const [c, s] = [Math.cos(radians), Math.sin(radians)];
  const [x, y] = [width / 2 - 0.5, height / 2 - 0.5];
  const [xx, xy, yx, yy] = [c * scaleX, s * scaleY, -s * scaleX, c * scaleY];
  return [
    [xx, xy, x - xx * x - xy * y],
    [yx, yy, y - yx * x - yy * y],
  ];
}

/** Where the matrix takes a place: what moves boxes with a picture. */
export function applyAffine(
  [[xx, xy, dx], [yx, yy, dy]]: AffineMatrix,
  [x, y]: readonly [x: number, y: number],
): readonly [x: number, y: number] {
  return [xx * x + xy * y + dx, yx * x + yy * y + dy];
}

/** Fractional bits of a coordinate, and those of them that choose the weights. */
const PLACE_BITS = 10;
const WEIGHT_BITS = 5;
const WEIGHTS = 2 ** WEIGHT_BITS;

/**
 * Warps a picture onto one of the same size. Bilinear: each new pixel is looked up at 1/32 of a pixel between four of the source; nearest:
 * at whole ones, which masks need. Samples outside the picture are 0. Bytes are those of OpenCV 4.10.
 * @param wanted which pixels to make, where not all of them are needed; the result is as large as the two lists are long
 * @throws {RangeError} when the matrix has no inverse
 */
export function warpAffine(
  source: Raster,
  matrix: AffineMatrix,
  interpolation: "bilinear" | "nearest",
  wanted: PixelLines = allPixels(source),
): Raster {
  const { channels } = source;
  const columns = Int32Array.from(wanted.columns);
  const rows = Int32Array.from(wanted.rows);
  const [[xx, xy, dx], [yx, yy, dy]] = invert(matrix);
  const isNearest = interpolation === "nearest";
  const shift = isNearest ? PLACE_BITS : PLACE_BITS - WEIGHT_BITS;
  const half = 2 ** (shift - 1);
  const alongX = columns.map((x) => toPlace(xx * x));
  const alongY = columns.map((x) => toPlace(yx * x));
  const data = new Uint8Array(columns.length * rows.length * channels);
  const look = isNearest ? nearestSample : fourSamples;
  let to = 0;
  for (const y of rows) {
    const startX = toPlace(xy * y + dx) + half;
    const startY = toPlace(yy * y + dy) + half;
    for (let i = 0; i < columns.length; i++) {
      const u = (startX + (alongX[i] ?? 0)) >> shift;
      const v = (startY + (alongY[i] ?? 0)) >> shift;
      for (let channel = 0; channel < channels; channel++) data[to++] = look(source, u, v, channel);
    }
  }
  return raster({ width: columns.length, height: rows.length, channels, data });
}

function allPixels({ width, height }: PixelSize): PixelLines {
  const upTo = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
  return { columns: upTo(width), rows: upTo(height) };
}

function toPlace(coordinate: number): number {
  return roundHalfEven(coordinate * 2 ** PLACE_BITS);
}

function nearestSample(source: Raster, x: number, y: number, channel: number): number {
  const { width, height, channels, data } = source;
  if (x < 0 || y < 0 || x >= width || y >= height) return 0;
  return data[(y * width + x) * channels + channel] ?? 0;
}

/** Between four samples; x and y in 1/32 pixel. */
function fourSamples(source: Raster, x: number, y: number, channel: number): number {
  const { width, height, channels, data } = source;
  const column = x >> WEIGHT_BITS;
  const row = y >> WEIGHT_BITS;
  const right = x & (WEIGHTS - 1);
  const down = y & (WEIGHTS - 1);
  let above = 0;
  let below = 0;
  if (column >= 0 && row >= 0 && column < width - 1 && row < height - 1) {
    const from = (row * width + column) * channels + channel;
    const under = from + width * channels;
    above = (data[from] ?? 0) * (WEIGHTS - right) + (data[from + channels] ?? 0) * right;
    below = (data[under] ?? 0) * (WEIGHTS - right) + (data[under + channels] ?? 0) * right;
  } else {
    above =
      nearestSample(source, column, row, channel) * (WEIGHTS - right) +
      nearestSample(source, column + 1, row, channel) * right;
    below =
      nearestSample(source, column, row + 1, channel) * (WEIGHTS - right) +
      nearestSample(source, column + 1, row + 1, channel) * right;
  }
  const sum = above * (WEIGHTS - down) + below * down; // times 2^10
  return (sum + WEIGHTS * (WEIGHTS / 2)) >> (2 * WEIGHT_BITS);
}

function invert(matrix: AffineMatrix): AffineMatrix {
  const [[a, b, dx], [c, d, dy]] = matrix;
  const determinant = a * d - b * c;
  if (!Number.isFinite(1 / determinant)) {
    throw new RangeError(
      `Cannot warp a picture: its matrix [${matrix.flat().join(", ")}] has no inverse`,
    );
  }
  const scale = 1 / determinant;
  const [xx, xy, yx, yy] = [d * scale, -b * scale, -c * scale, a * scale];
  return [
    [xx, xy, -xx * dx - xy * dy],
    [yx, yy, -yx * dx - yy * dy],
  ];
}
