/** @file Small random pictures and what OpenCV made of them, recorded. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ScaleRotation } from "../src/image/opencv-affine.ts";
import { type Raster, raster } from "../src/image/raster.ts";

/** A recorded operation on a picture. */
export interface OpenCvCase {
  readonly operation: string;
  /** Rows, columns, and channels where there are three. */
  readonly shape: readonly number[];
  readonly source: readonly number[];
  /** Columns and rows of the result. */
  readonly size: readonly [number, number];
  /** Of a warp: how the picture is scaled and turned about its middle. */
  readonly movement: ScaleRotation;
  readonly result: readonly number[];
}

const STILL = { scaleX: 1, scaleY: 1, angle: 0 };

const fileSchema: z.ZodType<{ readonly cases: readonly OpenCvCase[] }> = z.object({
  cases: z.array(
    z.object({
      operation: z.string(),
      shape: z.array(z.int()),
      source: z.array(z.number()),
      size: z.tuple([z.int(), z.int()]),
      movement: z
        .object({ scaleX: z.number(), scaleY: z.number(), angle: z.number() })
        .default(STILL),
      result: z.array(z.number()),
    }),
  ),
});

const FILE = new URL("fixtures/opencv.json", import.meta.url);

/** The recorded cases of an operation: `linear`, `area`, `area-float`, `nearest`, `warp-bilinear` or `warp-nearest`. */
export function openCvCases(operation: string): readonly OpenCvCase[] {
  const { cases } = fileSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));
  return cases.filter((each) => each.operation === operation);
}

/** The picture of a case. */
export function sourceOf({ shape, source }: OpenCvCase): Raster {
  const [height = 0, width = 0, channels = 1] = shape;
  const data = Uint8Array.from(source);
  return raster({ width, height, channels: channels === 3 ? 3 : 1, data });
}
