/** @file The filter weights of Pillow's antialiased resampling, in its fixed-point arithmetic. */

/** A resampling filter: the triangle, or Keys' cubic with a = −0.5. */
export type Interpolation = "bilinear" | "bicubic";

/** For every sample of one output axis, which input samples make it and by how much. */
export interface ResampleWeights {
  /** Input samples that an output sample is made of: the same number for all, padded by weights of 0. */
  readonly taps: number;
  /** The first input sample of each output sample, `[out]`; `starts[i] + taps` never passes the input's end. */
  readonly starts: Int32Array;
  /** Weights as fixed-point numbers with `WEIGHT_BITS` fractional bits, `[out, taps]`. */
  readonly weights: Int32Array;
}

/** Fractional bits of a weight: 32 less 8 of the sample and 2 for the overshoot of a cubic. */
export const WEIGHT_BITS = 22;

interface Filter {
  /** Half its width, in samples of the coarser of input and output. */
  readonly support: number;
  readonly at: (distance: number) => number;
}

const FILTERS: Readonly<Record<Interpolation, Filter>> = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: (x) => keysCubic(Math.abs(x)) },
};

/** Keys' cubic, a = −0.5, of a distance from 0. The order of operations is Pillow's: the last bit of a weight hangs on it. */
function keysCubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

/**
 * The weights that take an axis of `from` samples to one of `to`. When it shrinks, the filter is widened by the same
 * factor: that is the antialiasing.
 * @param from samples of the input axis, from 1
 * @param to samples of the output axis, from 1
 */
export function resampleWeights({
  from,
  to,
  interpolation,
}: {
  readonly from: number;
  readonly to: number;
  readonly interpolation: Interpolation;
}): ResampleWeights {
  const { support, at } = FILTERS[interpolation];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const first = (centre: number): number => Math.max(0, Math.trunc(centre - reach + 0.5));
  const end = (centre: number): number => Math.min(from, Math.trunc(centre + reach + 0.5));

  let taps = 1;
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    taps = Math.max(taps, end(centre) - first(centre));
  }
  const starts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const low = first(centre);
    const count = end(centre) - low;
    let total = 0;
    for (let tap = 0; tap < count; tap++) {
      exact[tap] = at((tap + low - centre + 0.5) * (1 / stretch));
      total += exact[tap] ?? 0;
    }
    // At the far edge the window is moved back inside, so that reading `taps` samples is always safe.
    const start = Math.min(low, from - taps);
    starts[i] = start;
    for (let tap = 0; tap < count; tap++) {
      weights[i * taps + low - start + tap] = toFixedPoint((exact[tap] ?? 0) / total);
    }
  }
  return { taps, starts, weights };
}

/** To the nearest, halves away from zero. */
function toFixedPoint(weight: number): number {
  const scaled = weight * 2 ** WEIGHT_BITS;
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}
