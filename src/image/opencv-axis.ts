/** @file Which samples of an axis make a resized one in OpenCV's `resize`, and by how much; in its order of rounding. */

/** One axis and what it becomes. */
export interface AxisSizes {
  /** Samples of the input axis, from 1. */
  readonly from: number;
  /** Samples of the output axis, from 1. */
  readonly to: number;
}

/** For every output sample the first of two neighbours, and the weight of the second. */
export interface LinearAxis {
  /** `[out]`; outside the axis at its ends, where the nearest sample stands for both. */
  readonly starts: Int32Array;
  /** Of the second neighbour, 0 to 1; `[out]`. */
  readonly fractions: Float32Array;
}

/**
 * The axis of `INTER_LINEAR`: between the two nearest samples, centres of pixels at halves, coordinates in f32. Nothing is
 * averaged where the axis shrinks.
 */
export function linearAxis({ from, to }: AxisSizes): LinearAxis {
  const scale = 1 / (to / from);
  const places = Float32Array.from({ length: to }, (_, i) => (i + 0.5) * scale - 0.5);
  const starts = Int32Array.from(places, Math.floor);
  return { starts, fractions: places.map((place, i) => place - (starts[i] ?? 0)) };
}

/**
 * The axis of `INTER_AREA` where the picture is enlarged along it or along the other one: each output sample covers one input
 * sample, or the boundary of two.
 */
export function coveringAxis({ from, to }: AxisSizes): LinearAxis {
  const inverse = to / from;
  const scale = 1 / inverse;
  const starts = Int32Array.from({ length: to }, (_, i) => Math.floor(i * scale));
  const fractions = Float32Array.from(starts, (start, i) => {
    const weight = Math.fround(i + 1 - (start + 1) * inverse);
    return weight <= 0 ? 0 : weight - Math.floor(weight);
  });
  return { starts, fractions };
}

/** The one sample that each output sample takes under `INTER_NEAREST`: that at the output's first corner, ⌊i · from / to⌋. */
export function cornerSamples({ from, to }: AxisSizes): Uint32Array {
  const scale = 1 / (to / from);
  return Uint32Array.from({ length: to }, (_, i) => Math.min(Math.floor(i * scale), from - 1));
}

/** The input sample in which the middle of each output sample lies: the nearest, ⌊(i + ½) · from / to⌋. Not OpenCV's. */
export function middleSamples({ from, to }: AxisSizes): Uint32Array {
  return Uint32Array.from({ length: to }, (_, i) => Math.floor(((2 * i + 1) * from) / (2 * to)));
}

/** The input samples that an output sample is the mean of, with their shares. */
export interface AreaAxis {
  /** Where the terms of each output sample begin, and where the last ones end; `[out + 1]`. */
  readonly starts: Uint32Array;
  /** The input sample of each term. */
  readonly samples: Uint32Array;
  /** Its share of the output sample. */
  readonly shares: Float32Array;
}

/** Shares of less than this of an input sample are left out. */
const LEAST_SHARE = 1e-3;

/** The axis of `INTER_AREA` where the picture shrinks, or keeps its size: each output sample is the mean of what it covers. */
export function areaAxis({ from, to }: AxisSizes): AreaAxis {
  const scale = 1 / (to / from);
  const starts = new Uint32Array(to + 1);
  const samples: number[] = [];
  const shares: number[] = [];
  const add = (sample: number, share: number): void => {
    samples.push(sample);
    shares.push(share);
  };
  for (let i = 0; i < to; i++) {
    const low = i * scale;
    const high = low + scale;
    const width = Math.min(scale, from - low);
    const end = Math.min(Math.floor(high), from - 1);
    const first = Math.min(Math.ceil(low), end);
    if (first - low > LEAST_SHARE) add(first - 1, (first - low) / width);
    for (let sample = first; sample < end; sample++) add(sample, 1 / width);
    if (high - end > LEAST_SHARE) add(end, Math.min(high - end, 1, width) / width);
    starts[i + 1] = samples.length;
  }
  return { starts, samples: Uint32Array.from(samples), shares: Float32Array.from(shares) };
}

/** By which whole number an axis shrinks; undefined where it is none. */
export function wholeScale({ from, to }: AxisSizes): number | undefined {
  const scale = 1 / (to / from);
  const whole = Math.round(scale);
  return Math.abs(scale - whole) < Number.EPSILON ? whole : undefined;
}
