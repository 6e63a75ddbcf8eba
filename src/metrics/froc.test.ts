import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { boxOverlap, type DetectionImage } from "./boxes.ts";
import { FROC_RATES, frocOf, frocScoreOf } from "./froc.ts";
import { eachOnce } from "./ranking.ts";

/** Columns of a picture in which a lesion of one size can lie; detections hit the lesion of their column or none. */
const at = (column: number): number[] => [10 * column, 0, 10 * column + 8, 8];

interface Scene {
  readonly lesions: readonly number[];
  /** Column and score of each. */
  readonly found: readonly (readonly [column: number, score: number])[];
}

const imageOf = ({ lesions, found }: Scene): DetectionImage => ({
  found: {
    boxes: found.flatMap(([column]) => at(column)),
    scores: found.map(([, score]) => score),
    labels: found.map(() => 0),
  },
  truth: { boxes: lesions.flatMap(at), labels: lesions.map(() => 0) },
});

const scenes: fc.Arbitrary<Scene[]> = fc.array(
  fc.record({
    lesions: fc.uniqueArray(fc.nat(5), { maxLength: 4 }),
    found: fc.array(fc.tuple(fc.nat(5), fc.nat(8)), { maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 7 },
);

/** For every score as threshold: how many are found, and the false alarms a picture. */
function byThreshold(images: readonly DetectionImage[], rate: number): number | undefined {
  const lesions = images.reduce((sum, { truth }) => sum + truth.labels.length, 0);
  if (lesions === 0) return undefined;
  let best = 0;
  for (const threshold of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    let found = 0;
    let alarms = 0;
    for (const { found: detections, truth } of images) {
      const shown = Array.from(detections.scores, (_, i) => i).filter(
        (i) => (detections.scores[i] ?? 0) >= threshold,
      );
      const boxes = Array.from(truth.labels, (_, j) => j);
      const hits = (i: number, j: number): boolean =>
        boxOverlap([detections.boxes, i], [truth.boxes, j]) >= 0.5;
      found += boxes.filter((j) => shown.some((i) => hits(i, j))).length;
      alarms += shown.filter((i) => !boxes.some((j) => hits(i, j))).length;
    }
    if (alarms <= rate * images.length) best = Math.max(best, found);
  }
  return best / lesions;
}

const RUNS = { numRuns: 300, seed: 9 };

describe("frocOf()", () => {
  test("equals the best that any threshold gives within the rate", () => {
    fc.assert(
      fc.property(scenes, (list) => {
        const images = list.map(imageOf);
        const sensitivities = frocOf(images)(eachOnce(images.length));
        for (const [k, rate] of FROC_RATES.entries()) {
          assert.equal(sensitivities?.[k], byThreshold(images, rate));
        }
      }),
      RUNS,
    );
  });

  test("scores a resample as if its pictures stood that often", () => {
    const drawn = fc.array(fc.nat(3), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(scenes, drawn, (list, counts) => {
        const images = list.map(imageOf);
        const again = images.flatMap((image, i) =>
          Array.from({ length: counts[i] ?? 0 }, () => image),
        );
        assert.deepEqual(frocOf(images)(counts), frocOf(again)(eachOnce(again.length)));
      }),
      RUNS,
    );
  });

  test("more detections of a lesion count neither way, those beside it are false alarms", () => {
    const image = imageOf({
      lesions: [0, 1],
      found: [
        [0, 9],
        [0, 8],
        [2, 7],
        [1, 6],
      ],
    });
    assert.deepEqual(frocOf([image], { rates: [0, 0.5, 1] })([1]), [0.5, 0.5, 1]);
    assert.equal(frocScoreOf([image], { rates: [0, 1] })([1]), 0.75);
    assert.equal(frocScoreOf([image])([0]), undefined);
  });

  test("keeps classes, thresholds and sizes apart", () => {
    const image: DetectionImage = {
      found: { boxes: [...at(0), 10, 0, 18, 4], scores: [2, 1], labels: [1, 0] },
      truth: { boxes: [...at(0), ...at(1)], labels: [0, 0] },
    };
    const rates = [0, 1];
    assert.deepEqual(frocOf([image], { rates })([1]), [0, 0.5]);
    assert.deepEqual(frocOf([image], { rates, strict: true })([1]), [0, 0]);
    assert.deepEqual(frocOf([image], { rates, iouThreshold: 0.6 })([1]), [0, 0]);
    assert.equal(frocOf([image], { area: { least: 0, end: 64 } })([1]), undefined);
    const small: DetectionImage = {
      found: { boxes: [...at(0), 10, 0, 12, 2], scores: [2, 1], labels: [0, 0] },
      truth: { boxes: [...at(0), 10, 0, 12, 2], labels: [0, 0] },
    };
    assert.deepEqual(frocOf([small], { rates: [0], area: { least: 0, end: 9 } })([1]), [1]);
  });
});
