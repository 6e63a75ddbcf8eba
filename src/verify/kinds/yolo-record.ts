/** @file What a `yolo-loss` fixture holds, as our options: anchors, labels, logits, thresholds and what came of them. */
import { z } from "zod";
import type { Anchor } from "../../model/heads/detection-anchors.ts";
import { detectionTargets } from "../../model/heads/detection-targets.ts";
import { type NdArray, toDoubles } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import { type Tolerance, toleranceSchema } from "../tolerance.ts";
import { floats } from "./recorded-inputs.ts";

const fixtureSchema = z.object({
  config: z.object({
    imageSize: z.int().positive(),
    classes: z.int().positive(),
    ignoreThreshold: z.number(),
    confThreshold: z.number(),
    nmsThreshold: z.number(),
    sizes: z.array(z.int().positive()).min(1),
  }),
  expect: z.looseObject({ nmsCounts: z.array(z.int()), candidates: z.array(z.int()) }),
  expect64: z.looseObject({}).optional(),
  tolerance: toleranceSchema,
});

/** A fixture's numbers. */
export interface RecordedYolo {
  readonly imageSize: number;
  readonly confThreshold: number;
  readonly nmsThreshold: number;
  /** Of each scale, the coarsest first. */
  readonly anchors: readonly (readonly Anchor[])[];
  readonly logits: readonly NdArray<"f32">[];
  /** As we build them from the recorded labels. */
  readonly targets: readonly NdArray<"f32">[];
  /** Losses by name: `total`, `scale0/x` … */
  readonly expected: ReadonlyMap<string, number>;
  /** Other counts of each scale or image. */
  readonly counts: {
    readonly objects: readonly number[];
    readonly ignored: readonly number[];
    readonly kept: readonly number[];
    readonly candidates: readonly number[];
  };
  readonly tolerance: Tolerance;
}

/**
 * Reads a fixture, and builds the targets of its labels.
 * @throws {ManifestError} naming the first field or tensor that is missing or of another form
 */
export async function readYolo(fixture: Fixture): Promise<RecordedYolo> {
  const { config, expect, expect64, tolerance } = fixtureFields(fixture, fixtureSchema);
  const { imageSize, confThreshold, nmsThreshold, sizes: grids } = config;
  const anchors = anchorsOf(await fixture.tensor("in/anchors"));
  const labels = floats(await fixture.tensor("in/labels"));
  const logits: NdArray<"f32">[] = [];
  for (const k of grids.keys()) logits.push(floats(await fixture.tensor(`in/logits${k}`)));
  const countOf = (name: string): readonly number[] =>
    [...grids.keys()].map((k) => z.int().parse(expect[`${name}${k}`]));
  return {
    ...{ imageSize, confThreshold, nmsThreshold, anchors, logits, tolerance },
    targets: detectionTargets(labels, { ...config, anchors, grids }),
    expected: scalarsOf(expect64 ?? expect),
    counts: {
      objects: countOf("objects"),
      ignored: countOf("ignored"),
      kept: expect.nmsCounts,
      candidates: expect.candidates,
    },
  };
}

/** `total`, and the terms of every scale as `scale0/x`. */
function scalarsOf(expected: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> {
  const scales = Object.entries(expected).filter(([name]) => /^scale\d+$/.test(name));
  const terms = scales.flatMap(([name, recorded]) =>
    Object.entries(z.record(z.string(), z.number()).parse(recorded)).map(
      ([term, value]) => [`${name}/${term}`, value] as const,
    ),
  );
  return new Map([["total", z.number().parse(expected["total"])], ...terms]);
}

/** Anchors [scales, anchors, 2]. */
function anchorsOf(array: NdArray): readonly (readonly Anchor[])[] {
  const [scales = 0, each = 0] = array.shape;
  const values = toDoubles(array);
  const at = (i: number): number => values[i] ?? Number.NaN;
  return Array.from({ length: scales }, (_, scale) =>
    Array.from({ length: each }, (_, a): Anchor => {
      const from = 2 * (scale * each + a);
      return [at(from), at(from + 1)];
    }),
  );
}
