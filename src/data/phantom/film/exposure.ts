/** @file How an exposure is made and developed: what differs between films of one and the same chest. */
import type { RandomStream } from "../../../util/random.ts";
import type { Projection } from "../anatomy/patient.ts";

/** How a film was exposed and developed. */
export interface Exposure {
  /** Grey level (0 … 1) that the darker part of the lungs is brought to. */
  readonly lungLevel: number;
  /** Grey level that the denser part of the trunk is brought to. */
  readonly denseLevel: number;
  /** Share of large-scale density differences that processing takes away. */
  readonly compression: number;
  /** How much fine detail is enhanced. */
  readonly sharpening: number;
  /** Standard deviation of the quantum noise behind 150 mm of tissue, in mm of tissue. */
  readonly noiseMm: number;
}

/** Draws an exposure; portable films are noisier. */
export function drawExposure(projection: Projection, stream: RandomStream): Exposure {
  return {
    lungLevel: stream.between(0.2, 0.42),
    denseLevel: stream.between(0.78, 0.9),
    compression: stream.between(0.1, 0.26),
    sharpening: stream.between(0.3, 0.9),
    noiseMm: stream.between(0.9, 1.6) * (projection === "AP" ? 1.4 : 1),
  };
}
