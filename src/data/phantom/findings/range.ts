/** @file A range to draw a number from. */
import type { RandomStream } from "../../../util/random.ts";

/** Lower and upper end. */
export type Range = readonly [low: number, high: number];

/** A number of the range, each equally likely. */
export function drawFrom([low, high]: Range, stream: RandomStream): number {
  return stream.between(low, high);
}
