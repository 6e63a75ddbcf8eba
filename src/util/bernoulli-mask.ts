/** @file Masks of independent coin tosses, such as dropout's, at memory speed. */
import type { StreamKey } from "./random.ts";
import { RandomStream } from "./random.ts";

/** From which stream a mask is drawn, and how often it keeps. */
export interface BernoulliMaskOptions {
  readonly key: StreamKey;
  /** The probability that an element is kept, in 0 … 1; what is drawn differs from it by at most 2^-17. */
  readonly keep: number;
}

const LEVELS = 65_536;
const CHUNK_WORDS = 65_536;

function requireProbability(keep: number): void {
  if (keep >= 0 && keep <= 1) return;
  throw new RangeError(`Cannot draw a mask: keep must be in 0 … 1, current value is ${keep}`);
}

/**
 * Fills `out` with independent draws: kept elements become 1 / `keep` in a Float32Array (inverted dropout: the mean of
 * the mask is 1, up to the rounding of `keep`) and 1 in a Uint8Array, the others 0.
 *
 * Sixteen bits decide one element, so that a 32-bit word of the stream serves two (its lower half first) and generating
 * bits costs as much as reading them. An element is kept when its bits are below round(`keep` · 2^16), which makes 0 and 1
 * exact.
 * @throws {RangeError} when `keep` is not a probability
 */
export function fillBernoulliMask(
  out: Float32Array | Uint8Array,
  { key, keep }: BernoulliMaskOptions,
): void {
  requireProbability(keep);
  const threshold = Math.round(keep * LEVELS);
  const kept = out instanceof Float32Array && keep > 0 ? 1 / keep : 1;
  const stream = new RandomStream(key);
  for (let start = 0; start < out.length; start += 2 * CHUNK_WORDS) {
    const part = out.subarray(start, start + 2 * CHUNK_WORDS);
    const words = stream.words((part.length + 1) >>> 1);
    if (part instanceof Float32Array) fillFloats(part, words, { threshold, kept });
    else fillBytes(part, words, threshold);
  }
}

/** Apart from `fillBytes`, so that each loop is compiled for one kind of array. */
function fillFloats(
  out: Float32Array,
  words: Uint32Array,
  { threshold, kept }: { readonly threshold: number; readonly kept: number },
): void {
  const pairs = out.length >>> 1;
  for (let i = 0; i < pairs; i++) {
    const word = words[i] ?? 0;
    out[2 * i] = (word & 0xffff) < threshold ? kept : 0;
    out[2 * i + 1] = word >>> 16 < threshold ? kept : 0;
  }
  if (out.length % 2 === 1) {
    out[out.length - 1] = ((words[pairs] ?? 0) & 0xffff) < threshold ? kept : 0;
  }
}

function fillBytes(out: Uint8Array, words: Uint32Array, threshold: number): void {
  const pairs = out.length >>> 1;
  for (let i = 0; i < pairs; i++) {
    const word = words[i] ?? 0;
    out[2 * i] = (word & 0xffff) < threshold ? 1 : 0;
    out[2 * i + 1] = word >>> 16 < threshold ? 1 : 0;
  }
  if (out.length % 2 === 1) {
    out[out.length - 1] = ((words[pairs] ?? 0) & 0xffff) < threshold ? 1 : 0;
  }
}
