/** @file Masks as run lengths, in the forms of the SIIM-ACR lists: column by column, pairs of a start and a length (SPEC 4.2). */
import { DecodeError } from "../util/errors.ts";
import type { Mask } from "./mask.ts";
import { emptyMask } from "./mask.ts";
import type { PixelSize } from "./raster.ts";

/**
 * What a start counts.
 * - `relative`: pixels since the end of the run before, as in SIIM's published lists.
 * - `absolute`: pixels since the first one, which is 1, as in most other lists of run lengths.
 */
export type RunStarts = "relative" | "absolute";

/** How run lengths are read. */
export interface RunLengthOptions extends PixelSize {
  /** Default `relative`. */
  readonly starts?: RunStarts;
  /** What becomes of pixels after the picture's last one: an error, or they are left out and counted. Default `error`. */
  readonly beyond?: "error" | "cut";
}

/** A mask, and what was repaired in it. */
export interface DecodedRuns {
  readonly mask: Mask;
  /** Pixels that lay beyond the picture and were left out. */
  readonly cut: number;
}

/** The code of a mask of nothing. */
export const NO_RUNS = "-1";

/**
 * Reads the mask of a picture: the union of all its codes. Runs go down the first column, then down the second. A code is
 * `-1` (nothing) or pairs of whole numbers between spaces; a run of length 0 marks nothing.
 *
 * @throws {DecodeError} naming the code and the pair, when a code has an odd count, something that is no whole number, a run
 * that begins before the end of the one before, or, unless they are cut, pixels beyond the picture
 * @throws {RangeError} when a side of the picture is not a whole number from 1
 *
 * @example
 * decodeRunLengths(["1 2 3 1"], { width: 3, height: 3 }).mask.data; // 0 0 1  1 0 0  1 0 0
 */
export function decodeRunLengths(
  codes: readonly string[],
  { width, height, starts = "relative", beyond = "error" }: RunLengthOptions,
): DecodedRuns {
  const mask = emptyMask({ width, height });
  const pixels = width * height;
  let cut = 0;
  for (const [index, code] of codes.entries()) {
    for (const { from, to } of runsOf(code, { index, starts })) {
      if (to > pixels && beyond === "error") {
        throw codeError(
          index,
          `its run of pixels ${from + 1} to ${to} passes the last of ${width} x ${height} pixels, ${pixels}; is this the picture's size?`,
        );
      }
      cut += Math.max(0, to - Math.max(from, pixels));
      for (let pixel = from; pixel < Math.min(to, pixels); pixel++) {
        mask.data[(pixel % height) * width + Math.floor(pixel / height)] = 1;
      }
    }
  }
  return { mask, cut };
}

/** Writes a mask as one code, from which `decodeRunLengths` reads it: the longest runs in order, `-1` for none. */
export function encodeRunLengths(
  { width, height, data }: Mask,
  { starts = "relative" }: { readonly starts?: RunStarts } = {},
): string {
  const pixels = width * height;
  const at = (pixel: number): boolean =>
    data[(pixel % height) * width + Math.floor(pixel / height)] === 1;
  const numbers: number[] = [];
  let end = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (!at(pixel)) continue;
    const from = pixel;
    while (pixel < pixels && at(pixel)) pixel++;
    numbers.push(starts === "relative" ? from - end : from + 1, pixel - from);
    end = pixel;
  }
  return numbers.length === 0 ? NO_RUNS : numbers.join(" ");
}

/** Pixels [from, to) in the order of columns. */
interface Run {
  readonly from: number;
  readonly to: number;
}

function* runsOf(
  code: string,
  { index, starts }: { readonly index: number; readonly starts: RunStarts },
): Generator<Run> {
  const words = code.trim().split(/\s+/);
  if (words.join(" ") === NO_RUNS) return;
  if (words.length % 2 !== 0) {
    const found = words[0] === "" ? "nothing" : `an odd count of ${words.length} numbers`;
    throw codeError(index, `it has ${found}, expected pairs of start and length, or ${NO_RUNS}`);
  }
  let end = 0;
  for (let pair = 0; 2 * pair < words.length; pair++) {
    const [start = Number.NaN, length = Number.NaN] = words
      .slice(2 * pair, 2 * pair + 2)
      .map((word) => (/^-?\d+$/.test(word) ? Number(word) : Number.NaN));
    const said = `its pair ${pair + 1} is "${words[2 * pair]} ${words[2 * pair + 1]}"`;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || length < 0) {
      throw codeError(index, `${said}, expected two whole numbers`);
    }
    const from = starts === "relative" ? end + start : start - 1;
    if (from < end) {
      const before = end === 0 ? "the first pixel" : `the end of the run before, pixel ${end}`;
      throw codeError(index, `${said}, which begins before ${before}; are its starts ${starts}?`);
    }
    end = from + length;
    yield { from, to: end };
  }
}

function codeError(index: number, found: string): DecodeError {
  return new DecodeError(`Cannot decode run-length code ${index + 1} of the picture: ${found}`);
}
