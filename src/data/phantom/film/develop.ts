/** @file From attenuation to grey levels: processing, characteristic curve and quantum noise, as a digital system does. */
import type { RandomStream } from "../../../util/random.ts";
import type { Plane } from "../projection/plane.ts";
import { smoothPlane } from "../projection/smooth-plane.ts";
import type { Exposure } from "./exposure.ts";

/** What is developed. */
export interface DevelopOptions {
  /** Attenuation in mm of soft tissue; 0 where the ray missed the body. */
  readonly density: Plane;
  readonly exposure: Exposure;
  /** Pixels to a millimetre. */
  readonly scale: number;
  /** Draws the noise. */
  readonly stream: RandomStream;
}

/** Depth (mm) behind which the noise is what the exposure states. */
const REFERENCE_MM = 150;
/** Grows the noise with depth: half the attenuation, since quanta arrive by a Poisson process. */
const NOISE_PER_MM = 0.0075;
/** Fine detail beyond this (mm) is not enhanced further: edges would glow. */
const LARGEST_DETAIL_MM = 5;
const BROAD_BLOCK_MM = 14;
const FINE_BLOCK_MM = 3;
/** Every so many pixels enter the histogram. */
const SAMPLE_STRIDE = 61;
/** Quantiles of the body's pixels that are brought to the exposure's two levels. */
const LUNG_QUANTILE = 0.2;
const DENSE_QUANTILE = 0.88;

/** Evens out the large scale and enhances the fine one. */
function process({ density, exposure, scale }: DevelopOptions): Float32Array {
  const { size, data } = density;
  const blockOf = (mm: number): number => Math.max(2, Math.round(mm * scale));
  const broad = smoothPlane(data, { size, block: blockOf(BROAD_BLOCK_MM), passes: 3 });
  const fine = smoothPlane(data, { size, block: blockOf(FINE_BLOCK_MM), passes: 1 });
  const broadRow = new Float32Array(size);
  const fineRow = new Float32Array(size);
  const out = new Float32Array(data.length);
  const { compression, sharpening } = exposure;
  for (let row = 0, i = 0; row < size; row++) {
    broad.readRow(row, broadRow);
    fine.readRow(row, fineRow);
    for (let column = 0; column < size; column++, i++) {
      const value = data[i] ?? 0;
      if (value <= 0) continue;
      let detail = value - (fineRow[column] ?? 0);
      if (detail > LARGEST_DETAIL_MM) detail = LARGEST_DETAIL_MM;
      else if (detail < -LARGEST_DETAIL_MM) detail = -LARGEST_DETAIL_MM;
      const even = value - compression * ((broadRow[column] ?? 0) - REFERENCE_MM);
      out[i] = Math.max(1, even + sharpening * detail);
    }
  }
  return out;
}

/** The characteristic curve: a logistic function of the processed density. */
interface Curve {
  readonly slope: number;
  readonly offset: number;
}

function logit(level: number): number {
  return Math.log(level / (1 - level));
}

/** The curve that brings two quantiles of the body to the exposure's levels. */
function fitCurve(processed: Float32Array, { lungLevel, denseLevel }: Exposure): Curve {
  const sample: number[] = [];
  for (let i = 0; i < processed.length; i += SAMPLE_STRIDE) {
    const value = processed[i] ?? 0;
    if (value > 0) sample.push(value);
  }
  const sorted = Float32Array.from(sample).sort();
  const quantile = (q: number): number => sorted[Math.floor(q * sorted.length)] ?? 0;
  const low = quantile(LUNG_QUANTILE);
  const high = quantile(DENSE_QUANTILE);
  const slope = (logit(denseLevel) - logit(lungLevel)) / Math.max(1, high - low);
  return { slope, offset: logit(lungLevel) - slope * low };
}

/** A nearly normal number of variance 1 from the four bytes of a word. */
function byteNormal(word: number): number {
  const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
  return (sum - 510) / 147.8;
}

const TABLE_STEPS = 16;
const TABLE_REACH = 8;
const DEEPEST_MM = 512;

/** Grey levels of the logistic curve at arguments −8 … 8. */
const GREY_TABLE: Float32Array = Float32Array.from(
  { length: 2 * TABLE_REACH * TABLE_STEPS + 2 },
  (_, i) => 255 / (1 + Math.exp(TABLE_REACH - i / TABLE_STEPS)),
);

/** Relative noise behind each millimetre. */
const NOISE_TABLE: Float32Array = Float32Array.from({ length: DEEPEST_MM }, (_, mm) =>
  Math.exp(NOISE_PER_MM * (mm - REFERENCE_MM)),
);

function greyOf(argument: number): number {
  const position = (argument + TABLE_REACH) * TABLE_STEPS;
  if (position <= 0) return GREY_TABLE[0] ?? 0;
  if (position >= 2 * TABLE_REACH * TABLE_STEPS) return 255;
  const index = position | 0;
  const from = GREY_TABLE[index] ?? 0;
  return from + (position - index) * ((GREY_TABLE[index + 1] ?? 0) - from);
}

/** Develops a film: 8-bit grey levels, the denser the brighter. */
export function develop(options: DevelopOptions): Uint8Array {
  const { density, exposure, stream } = options;
  const { size } = density;
  const processed = process(options);
  const { slope, offset } = fitCurve(processed, exposure);
  const out = new Uint8Array(processed.length);
  let before = 0;
  for (let row = 0, i = 0; row < size; row++) {
    const words = stream.words(size);
    for (let column = 0; column < size; column++, i++) {
      const fresh = byteNormal(words[column] ?? 0);
      // Neighbours in a row share some light of the screen.
      const quantum = 0.8 * fresh + 0.45 * before;
      before = fresh;
      const depth = Math.min(DEEPEST_MM - 1, density.data[i] ?? 0) | 0;
      const noise = exposure.noiseMm * (NOISE_TABLE[depth] ?? 0) * quantum;
      out[i] = greyOf(offset + slope * ((processed[i] ?? 0) + noise)) + 0.5;
    }
  }
  return out;
}
