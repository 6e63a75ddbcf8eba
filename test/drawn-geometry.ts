/** @file Arbitrary movements of pictures for property tests of what moves with them. */
import fc from "fast-check";
import {
  type DenseGeometry,
  drawGeometry,
  type MovementOptions,
} from "../src/image/dense-geometry.ts";
import type { Fit } from "../src/image/letterbox.ts";
import type { PixelSize } from "../src/image/raster.ts";
import { RandomStream } from "../src/util/random.ts";

/** A movement, and the square that the moved picture is resized to. */
export interface DrawnGeometry {
  readonly geometry: DenseGeometry;
  readonly size: number;
  readonly fit: Fit;
}

/** Movements of pictures of a size: cropped or whole, flipped or not, scaled and turned more than in any recipe. */
export function drawnGeometries(picture: PixelSize): fc.Arbitrary<DrawnGeometry> {
  const options = fc.record({
    ...{ seed: fc.nat(100_000), crops: fc.boolean() },
    size: fc.integer({ min: 24, max: 40 }),
    fit: fc.constantFrom<Fit>("stretch", "letterbox"),
  });
  return options.map(({ seed, crops, size, fit }) => {
    const stream = new RandomStream({ seed, name: "geometry" });
    const movement: MovementOptions = {
      ...{ probability: 0.8, scale: [0.7, 1.4], rotate: 30, flip: "image" },
      ...(crops && { crop: { scale: [0.4, 1], ratio: [3 / 4, 4 / 3] } }),
    };
    return { geometry: drawGeometry(picture, movement, () => stream.uniform()), size, fit };
  });
}
