/**
 * @file Resampling exactly as Pillow's `Image.resize` does it: two passes over 8-bit samples in integer arithmetic, rows
 * first, the filter widened where the picture shrinks.
 */
import type { CropBox } from "./geometry.ts";
import { requireInside } from "./geometry.ts";
import type { PixelSize, Raster } from "./raster.ts";
import { raster, requireSize } from "./raster.ts";
import type { Interpolation, ResampleWeights } from "./resample-weights.ts";
import { resampleWeights, WEIGHT_BITS } from "./resample-weights.ts";

/** What a picture is resampled to. */
export interface ResampleOptions extends PixelSize {
  /** The filter. */
  readonly interpolation: Interpolation;
  /** The part of the picture to take; samples outside it have no influence. Default: all of it. */
  readonly box?: CropBox;
}

/**
 * Crops and resamples a picture: Pillow's `crop(box).resize(size, filter)`, equal in every byte.
 * @throws {RangeError} when the box leaves the picture or a side is not a whole number from 1
 */
export function resample(source: Raster, options: ResampleOptions): Raster {
  const { width, height, interpolation, box = { left: 0, top: 0, ...sizeOf(source) } } = options;
  requireSize({ width, height }, "resample a picture");
  requireInside(box, source, "resample");
  const { channels } = source;
  const rowLength = width * channels;

  // Rows first: [box.height, box.width, C] to [box.height, width, C], rounded to 8 bits in between.
  const across = new Uint8ClampedArray(box.height * rowLength);
  const columns = resampleWeights({ from: box.width, to: width, interpolation });
  const stride = source.width * channels;
  for (let channel = 0; channel < channels; channel++) {
    filterAxis(source.data, across, columns, {
      first: box.top * stride + box.left * channels + channel,
      tapStep: channels,
      lanes: box.height,
      laneStep: stride,
      outFirst: channel,
      outStep: channels,
      outLaneStep: rowLength,
      tile: ROWS_IN_CACHE,
    });
  }

  // Then columns: to [height, width, C]. Channels make no difference here, so every sample of a row is a lane.
  const out = new Uint8ClampedArray(height * rowLength);
  const rows = resampleWeights({ from: box.height, to: height, interpolation });
  filterAxis(new Uint8Array(across.buffer), out, rows, {
    first: 0,
    tapStep: rowLength,
    lanes: rowLength,
    laneStep: 1,
    outFirst: 0,
    outStep: rowLength,
    outLaneStep: 1,
    tile: rowLength,
  });
  return raster({ width, height, channels, data: new Uint8Array(out.buffer) });
}

/** Rows that are filtered together, so that what they read stays in the first-level cache. */
const ROWS_IN_CACHE = 32;

/** Half a unit, so that the shift rounds. */
const HALF = 1 << (WEIGHT_BITS - 1);

/**
 * Where an axis runs through memory. Samples of the axis are `tapStep` apart; it is filtered once for each of `lanes`
 * lines that are parallel to it, `laneStep` apart.
 */
interface AxisLayout {
  readonly first: number;
  readonly tapStep: number;
  readonly lanes: number;
  readonly laneStep: number;
  readonly outFirst: number;
  readonly outStep: number;
  readonly outLaneStep: number;
  /** Lanes that are filtered together. */
  readonly tile: number;
}

function sizeOf({ width, height }: PixelSize): PixelSize {
  return { width, height };
}

/** Filters one axis. `out` clamps to 0 … 255 as it stores. */
function filterAxis(
  source: Uint8Array,
  out: Uint8ClampedArray,
  axis: ResampleWeights,
  layout: AxisLayout,
): void {
  for (let lane = 0; lane < layout.lanes; lane += layout.tile) {
    const lanes = Math.min(layout.tile, layout.lanes - lane);
    if (axis.taps === 4) {
      filterFourTaps(source, out, axis, someLanes(layout, lane, lanes));
    } else {
      const rest = lanes % 4;
      filterFourLanes(source, out, axis, someLanes(layout, lane, lanes - rest));
      filterSingleLanes(source, out, axis, someLanes(layout, lane + lanes - rest, rest));
    }
  }
}

function someLanes(layout: AxisLayout, from: number, lanes: number): AxisLayout {
  const first = layout.first + from * layout.laneStep;
  const outFirst = layout.outFirst + from * layout.outLaneStep;
  return { ...layout, first, outFirst, lanes };
}

/** The usual case, an enlarging bicubic: the weights stay in registers. twice as fast as `filterFourLanes`. */
function filterFourTaps(
  source: Uint8Array,
  out: Uint8ClampedArray,
  { starts, weights }: ResampleWeights,
  { first, tapStep, lanes, laneStep, outFirst, outStep, outLaneStep }: AxisLayout,
): void {
  const second = 2 * tapStep;
  const third = 3 * tapStep;
  for (let i = 0; i < starts.length; i++) {
    const w0 = weights[4 * i] ?? 0;
    const w1 = weights[4 * i + 1] ?? 0;
    const w2 = weights[4 * i + 2] ?? 0;
    const w3 = weights[4 * i + 3] ?? 0;
    let from = first + (starts[i] ?? 0) * tapStep;
    let to = outFirst + i * outStep;
    for (let lane = 0; lane < lanes; lane++) {
      const sum =
        HALF +
        Math.imul(source[from] ?? 0, w0) +
        Math.imul(source[from + tapStep] ?? 0, w1) +
        Math.imul(source[from + second] ?? 0, w2) +
        Math.imul(source[from + third] ?? 0, w3);
      out[to] = sum >> WEIGHT_BITS;
      from += laneStep;
      to += outLaneStep;
    }
  }
}

/** Any number of taps; four lanes at a time, of which there must be whole fours, share each weight. */
function filterFourLanes(
  source: Uint8Array,
  out: Uint8ClampedArray,
  { taps, starts, weights }: ResampleWeights,
  { first, tapStep, lanes, laneStep, outFirst, outStep, outLaneStep }: AxisLayout,
): void {
  for (let i = 0; i < starts.length; i++) {
    const end = (i + 1) * taps;
    let from = first + (starts[i] ?? 0) * tapStep;
    let to = outFirst + i * outStep;
    for (let lane = 0; lane < lanes; lane += 4) {
      let a = HALF;
      let b = HALF;
      let c = HALF;
      let d = HALF;
      for (let tap = i * taps, at = from; tap < end; tap++, at += tapStep) {
        const weight = weights[tap] ?? 0;
        a = (a + Math.imul(source[at] ?? 0, weight)) | 0;
        b = (b + Math.imul(source[at + laneStep] ?? 0, weight)) | 0;
        c = (c + Math.imul(source[at + 2 * laneStep] ?? 0, weight)) | 0;
        d = (d + Math.imul(source[at + 3 * laneStep] ?? 0, weight)) | 0;
      }
      out[to] = a >> WEIGHT_BITS;
      out[to + outLaneStep] = b >> WEIGHT_BITS;
      out[to + 2 * outLaneStep] = c >> WEIGHT_BITS;
      out[to + 3 * outLaneStep] = d >> WEIGHT_BITS;
      from += 4 * laneStep;
      to += 4 * outLaneStep;
    }
  }
}

/** Any number of taps, for the one to three lanes that are left over. */
function filterSingleLanes(
  source: Uint8Array,
  out: Uint8ClampedArray,
  { taps, starts, weights }: ResampleWeights,
  { first, tapStep, lanes, laneStep, outFirst, outStep, outLaneStep }: AxisLayout,
): void {
  for (let i = 0; i < starts.length; i++) {
    for (let lane = 0; lane < lanes; lane++) {
      let at = first + (starts[i] ?? 0) * tapStep + lane * laneStep;
      let sum = HALF;
      for (let tap = i * taps; tap < (i + 1) * taps; tap++, at += tapStep) {
        sum = (sum + Math.imul(source[at] ?? 0, weights[tap] ?? 0)) | 0;
      }
      out[outFirst + i * outStep + lane * outLaneStep] = sum >> WEIGHT_BITS;
    }
  }
}
