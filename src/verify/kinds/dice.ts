/** @file Replays the `dice` fixture: Dice of recorded probabilities and masks, empty ones among them (SPEC 4.2). */
import { z } from "zod";
import { countOverlap, diceScore } from "../../metrics/overlap.ts";
import { ManifestError } from "../../util/errors.ts";
import { type NdArray, ndArray, sameShape, sizeOf, toDoubles } from "../../util/nd-array.ts";
import { type Fixture, fixtureFields } from "../fixture.ts";
import type { Finding, Replay } from "../replay.ts";
import { compareScalar, compareTensor, type Tolerance, toleranceSchema } from "../tolerance.ts";

const caseSchema = z.object({ name: z.string(), dice: z.array(z.number()), mean: z.number() });

const fixtureSchema = z.object({
  config: z.object({ threshold: z.number() }),
  expect: z.record(z.string().regex(/^case\d+$/), caseSchema),
  tolerance: toleranceSchema,
});

/** Recomputes every case. */
export const replayDice: Replay = async (fixture) => {
  const { config, expect, tolerance } = fixtureFields(fixture, fixtureSchema);
  const findings: Finding[] = [];
  for (const [key, recorded] of Object.entries(expect)) {
    const masks = await readMasks(fixture, key.slice("case".length));
    const scores = recordedDice(masks, config.threshold);
    findings.push(...findingsOf(recorded, scores, tolerance));
  }
  return findings;
};

/** Both `[images, height, width]`. */
export interface Masks {
  readonly predicted: NdArray;
  readonly truth: NdArray;
}

async function readMasks(fixture: Fixture, index: string): Promise<Masks> {
  const predicted = await fixture.tensor(`in/${index}/prob`);
  const truth = await fixture.tensor(`in/${index}/truth`);
  if (!sameShape(predicted.shape, truth.shape)) {
    throw new ManifestError(
      `Cannot replay case ${index} of fixture "${fixture.directory}": its probabilities are [${predicted.shape.join(",")}], its masks [${truth.shape.join(",")}]`,
    );
  }
  return { predicted, truth };
}

/** Dice of each picture in the recorded order: those with something to find first, then the others. */
export function recordedDice({ predicted, truth }: Masks, threshold: number): readonly number[] {
  const [images = 0, ...plane] = truth.shape;
  const pixels = sizeOf(plane);
  const [ours, theirs] = [toDoubles(predicted), toDoubles(truth)];
  const overlaps = Array.from({ length: images }, (_, image) => {
    const [from, to] = [image * pixels, (image + 1) * pixels];
    return countOverlap(ours.subarray(from, to), theirs.subarray(from, to), threshold);
  });
  const positives = overlaps.filter((overlap) => overlap.truth > 0);
  const negatives = overlaps.filter((overlap) => overlap.truth === 0);
  return [...positives, ...negatives].map(diceScore);
}

function findingsOf(
  { name, dice, mean }: z.infer<typeof caseSchema>,
  scores: readonly number[],
  tolerance: Tolerance,
): readonly Finding[] {
  const vector = (values: readonly number[]): NdArray => ndArray("f64", [values.length], values);
  const ours = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return [
    ...compareTensor({ name, got: vector(scores), expected: vector(dice), tolerance }),
    compareScalar({ name: `mean (${name})`, got: ours, expected: mean, tolerance }),
  ];
}
