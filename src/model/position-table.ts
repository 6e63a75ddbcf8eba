/**
 * @file The fixed two-dimensional sine–cosine position table of the image encoder and of the pixel decoder, and its
 * resizing to another grid of patches. Host code: the table enters a graph as a constant.
 */
import { type NdArray, ndArray } from "../util/nd-array.ts";
import { tableGrid } from "../util/table-grid.ts";

/**
 * How fast the wavelengths grow: ω_k = 10000^(−exponent), k = 0 … d/2 − 1, where d is half the table's width. The first
 * is that of the ECAMP program, the second that of MAE.
 */
export type FrequencyExponent = "k/(2d)" | "k/(d/2)";

/** What a position table is made from. */
export interface PositionTableOptions {
  /** Patches along each side of the (square) image. */
  readonly grid: number;
  /** Columns of the table: the model's width, a multiple of 4. */
  readonly width: number;
  readonly exponent: FrequencyExponent;
}

/** The free parameter of the cubic convolution kernel, as PyTorch has it. */
const CUBIC_A = -0.75;

function frequencies(count: number, exponent: FrequencyExponent): Float64Array {
  const part = 2 * count; // d
  return Float64Array.from({ length: count }, (_, k) => {
    const power = exponent === "k/(2d)" ? k / part / 2 : k / (part / 2);
    return 1 / 10_000 ** power;
  });
}

/**
 * The table in double precision, [1 + grid², width] row-major. Row 0 belongs to the class token and is 0; of each patch's
 * row (patches in row-major order) the first half encodes its column, the second its row, each as [sin(p·ω) | cos(p·ω)].
 * @throws {RangeError} when the grid is no positive whole number or the width no positive multiple of 4
 */
export function positionTableDoubles({
  grid,
  width,
  exponent,
}: PositionTableOptions): Float64Array {
  if (!Number.isInteger(grid) || grid < 1 || !Number.isInteger(width / 4) || width < 4) {
    throw new RangeError(
      `Cannot build a position table for ${grid} × ${grid} patches of width ${width}: ` +
        "the grid must be a positive whole number, the width a positive multiple of 4",
    );
  }
  const omega = frequencies(width / 4, exponent);
  const table = new Float64Array((1 + grid * grid) * width);
  let next = width;
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      for (const position of [column, row]) {
        for (const w of omega) table[next++] = Math.sin(position * w);
        for (const w of omega) table[next++] = Math.cos(position * w);
      }
    }
  }
  return table;
}

/**
 * The table as a parameter, f32[1, 1 + grid², width].
 * @throws {RangeError} as {@link positionTableDoubles}
 */
export function positionTable(options: PositionTableOptions): NdArray<"f32"> {
  const table = Float32Array.from(positionTableDoubles(options));
  return ndArray("f32", [1, 1 + options.grid ** 2, options.width], table);
}

/** One output position of a resized axis: four input positions, clamped to the border, and their weights. */
type Taps = readonly (readonly [index: number, weight: number])[];

function cubicWeight(distance: number): number {
  const x = Math.abs(distance);
  const near = ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
  const far = ((CUBIC_A * x - 5 * CUBIC_A) * x + 8 * CUBIC_A) * x - 4 * CUBIC_A;
  if (x <= 1) return near;
  return x < 2 ? far : 0;
}

function cubicTaps(output: number, { from, to }: { from: number; to: number }): Taps {
  const source = (output + 0.5) * (from / to) - 0.5;
  const first = Math.floor(source) - 1;
  return [first, first + 1, first + 2, first + 3].map((index) => [
    Math.min(Math.max(index, 0), from - 1),
    cubicWeight(source - index),
  ]);
}

function requireGrid({ shape }: NdArray<"f32">): number {
  const grid = tableGrid(shape);
  if (grid !== undefined) return grid;
  throw new RangeError(
    `Cannot resize a position table of shape [${shape.join(",")}]: expected [1, 1 + grid², width]`,
  );
}

/**
 * A table for another grid of patches: bicubic (a = −0.75, half-pixel centres, no antialiasing, border clamp), which is what
 * PyTorch's `interpolate(mode="bicubic", align_corners=False)` computes. The class token's row is kept.
 * @throws {RangeError} when the table is not [1, 1 + square, width] or the grid no positive whole number
 */
export function resizePositionTable(table: NdArray<"f32">, grid: number): NdArray<"f32"> {
  const from = requireGrid(table);
  if (!Number.isInteger(grid) || grid < 1) {
    throw new RangeError(
      `Cannot resize a position table to a grid of ${grid}: expected a positive whole number`,
    );
  }
  const width = table.shape[2] ?? 0;
  const taps = Array.from({ length: grid }, (_, i) => cubicTaps(i, { from, to: grid }));
  const resized = new Float32Array((1 + grid * grid) * width);
  resized.set(table.data.subarray(0, width));
  const sum = new Float64Array(width);
  let next = width;
  for (const rows of taps) {
    for (const columns of taps) {
      sum.fill(0);
      for (const [row, rowWeight] of rows) {
        for (const [column, columnWeight] of columns) {
          const start = (1 + row * from + column) * width;
          const weight = rowWeight * columnWeight;
          for (let c = 0; c < width; c++) {
            sum[c] = (sum[c] ?? 0) + weight * (table.data[start + c] ?? 0);
          }
        }
      }
      resized.set(sum, next);
      next += width;
    }
  }
  return ndArray("f32", [1, 1 + grid * grid, width], resized);
}
