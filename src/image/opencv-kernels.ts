/** @file The arithmetic of OpenCV's `resize`, step by step as its fixed-point and f32 code rounds it. */
import type { AreaAxis, LinearAxis } from "./opencv-axis.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { roundHalfEven } from "./round-half-even.ts";

/** Interleaved samples of either type. */
export interface Samples extends PixelSize {
  readonly channels: number;
  readonly data: Uint8Array | Float32Array;
}

/** Fractional bits of a weight; a byte and two weights fill 30 bits. */
const WEIGHT_SCALE = 2 ** 11;

/**
 * Between the neighbours of both axes, in OpenCV's integers: rows of bytes times 2¹¹, cut to 2⁷, times 2¹¹, cut to 2², rounded.
 */
export function interpolateBytes(
  source: Raster,
  columns: LinearAxis,
  rows: LinearAxis,
): Uint8Array {
  const { channels, height } = source;
  const width = columns.starts.length;
  const across = withinAxis(columns, source.width);
  const line = (row: number): Int32Array => {
    const out = new Int32Array(width * channels);
    const base = row * source.width;
    for (let i = 0; i < width; i++) {
      const start = across.starts[i] ?? 0;
      const first = (base + start) * channels;
      const second = (base + Math.min(start + 1, source.width - 1)) * channels;
      const fraction = across.fractions[i] ?? 0;
      const [near, far] = [fixed(Math.fround(1 - fraction)), fixed(fraction)];
      for (let channel = 0; channel < channels; channel++) {
        out[i * channels + channel] =
          near * (source.data[first + channel] ?? 0) + far * (source.data[second + channel] ?? 0);
      }
    }
    return out;
  };
  const lineOf = remember(line);
  const out = new Uint8Array(rows.starts.length * width * channels);
  for (let row = 0; row < rows.starts.length; row++) {
    const start = rows.starts[row] ?? 0;
    const above = lineOf(Math.max(0, Math.min(start, height - 1)));
    const below = lineOf(Math.max(0, Math.min(start + 1, height - 1)));
    const fraction = rows.fractions[row] ?? 0;
    const [near, far] = [fixed(Math.fround(1 - fraction)), fixed(fraction)];
    const to = row * above.length;
    for (let i = 0; i < above.length; i++) {
      const first = (near * ((above[i] ?? 0) >> 4)) >> 16;
      const second = (far * ((below[i] ?? 0) >> 4)) >> 16;
      out[to + i] = (first + second + 2) >> 2;
    }
  }
  return out;
}

/** Between the neighbours of both axes, in f32, of a picture of one channel. */
export function interpolateFloats(
  source: Samples,
  columns: LinearAxis,
  rows: LinearAxis,
): Float32Array {
  const width = columns.starts.length;
  const out = new Float32Array(rows.starts.length * width);
  const across = withinAxis(columns, source.width);
  const at = (row: number, i: number): number => {
    const base = Math.max(0, Math.min(row, source.height - 1)) * source.width;
    const start = across.starts[i] ?? 0;
    const fraction = across.fractions[i] ?? 0;
    const second = source.data[base + Math.min(start + 1, source.width - 1)] ?? 0;
    return (source.data[base + start] ?? 0) * (1 - fraction) + second * fraction;
  };
  for (let row = 0; row < rows.starts.length; row++) {
    const start = rows.starts[row] ?? 0;
    const fraction = rows.fractions[row] ?? 0;
    for (let i = 0; i < width; i++) {
      out[row * width + i] = at(start, i) * (1 - fraction) + at(start + 1, i) * fraction;
    }
  }
  return out;
}

/** Columns outside the picture take the sample at its edge whole. (Rows are only moved inside.) */
function withinAxis({ starts, fractions }: LinearAxis, length: number): LinearAxis {
  const isInside = (start: number): boolean => start >= 0 && start < length - 1;
  return {
    starts: starts.map((start) => Math.max(0, Math.min(start, length - 1))),
    fractions: fractions.map((fraction, i) => (isInside(starts[i] ?? 0) ? fraction : 0)),
  };
}

function fixed(weight: number): number {
  return roundHalfEven(weight * WEIGHT_SCALE);
}

/** The last two results of a function of whole numbers, so that neighbouring rows are made once. */
function remember<T>(make: (key: number) => T): (key: number) => T {
  const made = new Map<number, T>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.delete(key);
    made.set(key, known);
    for (const old of made.keys()) if (made.size > 2) made.delete(old);
    return known;
  };
}

/** Means of covered samples; every product and sum is rounded to f32, rows first. */
export function areaMeans(source: Samples, columns: AreaAxis, rows: AreaAxis): Float32Array {
  const { channels } = source;
  const length = (columns.starts.length - 1) * channels;
  const out = new Float32Array((rows.starts.length - 1) * length);
  const line = new Float32Array(length);
  for (let row = 0; row + 1 < rows.starts.length; row++) {
    const sums = out.subarray(row * length, (row + 1) * length);
    for (let term = rows.starts[row] ?? 0; term < (rows.starts[row + 1] ?? 0); term++) {
      sumAcross(source, rows.samples[term] ?? 0, columns, line);
      const share = rows.shares[term] ?? 0;
      for (let i = 0; i < length; i++)
        sums[i] = (sums[i] ?? 0) + Math.fround(share * (line[i] ?? 0));
    }
  }
  return out;
}

function sumAcross(
  { width, channels, data }: Samples,
  row: number,
  { starts, samples, shares }: AreaAxis,
  line: Float32Array,
): void {
  for (let i = 0; i + 1 < starts.length; i++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      for (let term = starts[i] ?? 0; term < (starts[i + 1] ?? 0); term++) {
        const from = (row * width + (samples[term] ?? 0)) * channels + channel;
        sum = Math.fround(sum + Math.fround((data[from] ?? 0) * (shares[term] ?? 0)));
      }
      line[i * channels + channel] = sum;
    }
  }
}

/** Means of whole blocks: bytes are summed in whole numbers, then times 1 / size in f32. */
export function blockMeans(
  { width, height, channels, data }: Samples,
  columns: number,
  rows: number,
): Float32Array {
  const length = Math.round(width / columns) * channels;
  const sums = new Float64Array(Math.round(height / rows) * length);
  for (let row = 0; row < height; row++) {
    const to = Math.floor(row / rows) * length;
    for (let i = 0; i < width * channels; i++) {
      const column = Math.floor(i / channels / columns);
      const place = to + column * channels + (i % channels);
      sums[place] = (sums[place] ?? 0) + (data[row * width * channels + i] ?? 0);
    }
  }
  const share = Math.fround(1 / (columns * rows));
  return Float32Array.from(sums, (sum) => Math.fround(sum) * share);
}
