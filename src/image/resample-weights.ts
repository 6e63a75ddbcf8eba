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

/** One axis and what it becomes. */
export interface AxisResampling {
  /** Samples of the input axis, from 1. */
  readonly from: number;
  /** Samples of the output axis, from 1. */
  readonly to: number;
  /** The filter. */
  readonly interpolation: Interpolation;
}

/**
 * The weights that take an axis of `from` samples to one of `to`. When it shrinks, the filter is widened by the same
 * factor: that is the antialiasing.
 */
export function resampleWeights({ from, to, interpolation }: AxisResampling): ResampleWeights {
  const { support, at } = FILTERS[interpolation];
  const stretch = Math.max(from / to, 1);
  const windows = filterWindows({ from, to, reach: support * stretch });
  const taps = windows.reduce((most, { low, end }) => Math.max(most, end - low), 1);
  const starts = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  for (const [i, { centre, low, end }] of windows.entries()) {
    let total = 0;
    for (let x = low; x < end; x++) {
      const weight = at((x - centre + 0.5) * (1 / stretch));
      exact[x - low] = weight;
      total += weight;
    }
    // At the far edge the window is moved back inside, so that reading `taps` samples is always safe.
    const start = Math.min(low, from - taps);
    starts[i] = start;
    for (let x = low; x < end; x++) {
      weights[i * taps + x - start] = toFixedPoint((exact[x - low] ?? 0) / total);
    }
  }
  return { taps, starts, weights };
}

interface FilterWindow {
  /** The output sample's centre, in input samples. */
  readonly centre: number;
  /** The first input sample that the filter reaches, and the one after the last. */
  readonly low: number;
  readonly end: number;
}

function filterWindows({
  from,
  to,
  reach,
}: Omit<AxisResampling, "interpolation"> & { readonly reach: number }): FilterWindow[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * (from / to);
    const low = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    return { centre, low, end };
  });
}

/** To the nearest, halves away from zero. */
function toFixedPoint(weight: number): number {
  const scaled = weight * 2 ** WEIGHT_BITS;
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}
