/** @file The order in which an epoch visits its records: a permutation keyed by seed and epoch. */
import { RandomStream } from "../util/random.ts";

/** What an epoch's order is a function of. */
export interface EpochOrderOptions {
  readonly seed: number;
  /** From 0. */
  readonly epoch: number;
  /** How many records there are. */
  readonly size: number;
}

/** 0 … `size` − 1 in the random order of an epoch: a pure function of seed, epoch and size (stream `shuffle`). */
export function epochOrder({ seed, epoch, size }: EpochOrderOptions): Uint32Array {
  return new RandomStream({ seed, name: "shuffle", step: epoch }).permutation(size);
}
