import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { boxOverlap, type DetectionImage } from "./boxes.ts";
import { meanAveragePrecision, meanAveragePrecisionOf } from "./detection-precision.ts";

type Box = readonly [x1: number, y1: number, x2: number, y2: number];
type Found = readonly [box: Box, score: number, label?: number];

/** A picture of detections and true boxes, of class 0 where none is said. */
function picture(found: readonly Found[], truth: readonly (readonly [Box, number?])[]) {
  return {
    found: {
      boxes: found.flatMap(([box]) => box),
      scores: found.map(([, score]) => score),
      labels: found.map(([, , label = 0]) => label),
    },
    truth: {
      boxes: truth.flatMap(([box]) => box),
      labels: truth.map(([, label = 0]) => label),
    },
  } satisfies DetectionImage;
}

/** Boxes on a coarse grid, so that overlaps of every kind and equal ones occur. */
const box: fc.Arbitrary<Box> = fc
  .tuple(fc.nat(6), fc.nat(6), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .map(([x, y, width, height]) => [x, y, x + width, y + height]);
const label = fc.nat(1);
const pictures = fc
  .array(
    fc.record({
      found: fc.array(fc.tuple(box, fc.nat(1000), label), { maxLength: 6 }),
      truth: fc.array(fc.tuple(box, label), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  // Scores are distinct: equal ones of one picture stand in another order when the picture stands twice.
  .map((list) =>
    list.map(({ found, truth }, i) =>
      picture(
        found.map(([corners, score, of], k) => [corners, score + (i * 10 + k) / 100, of]),
        truth,
      ),
    ),
  );

const RUNS = { numRuns: 300, seed: 8 };

/** Average precision at one threshold by its definition: every place of the list of detections, every recall. */
function byDefinition(
  images: readonly DetectionImage[],
  threshold: number,
  of: number,
): number | undefined {
  const all = images.flatMap(({ found, truth }, image) =>
    Array.from(found.labels, (_, i) => ({ image, i, found, truth })).filter(
      ({ i }) => found.labels[i] === of,
    ),
  );
  all.sort((a, b) => (b.found.scores[b.i] ?? 0) - (a.found.scores[a.i] ?? 0));
  const boxes = images.reduce(
    (sum, { truth }) => sum + Array.from(truth.labels).filter((each) => each === of).length,
    0,
  );
  if (boxes === 0) return undefined;
  const taken = new Set<string>();
  const points: { recall: number; precision: number }[] = [];
  let hits = 0;
  for (const [rank, { image, i, found, truth }] of all.entries()) {
    const free = Array.from(truth.labels, (_, j) => j).filter(
      (j) => truth.labels[j] === of && !taken.has(`${image}/${j}`),
    );
    const overlap = (j: number): number => boxOverlap([found.boxes, i], [truth.boxes, j]);
    const [best] = free
      .filter((j) => overlap(j) >= threshold)
      .sort((a, b) => overlap(b) - overlap(a));
    if (best !== undefined) {
      taken.add(`${image}/${best}`);
      hits++;
    }
    points.push({ recall: hits / boxes, precision: hits / (rank + 1) });
  }
  let sum = 0;
  for (let k = 0; k <= 100; k++) {
    const beyond = points.filter(({ recall }) => recall * 100 > k - 1e-9);
    sum += Math.max(0, ...beyond.map(({ precision }) => precision));
  }
  return sum / 101;
}

function assertClose(got: number | undefined, expected: number | undefined): void {
  if (expected === undefined) assert.equal(got, undefined);
  else assert.ok(Math.abs((got ?? Number.NaN) - expected) < 1e-12, `${got}, expected ${expected}`);
}

describe("meanAveragePrecision()", () => {
  const target: Box = [0, 0, 10, 10];

  test("equals its definition for each class and threshold", () => {
    fc.assert(
      fc.property(pictures, fc.constantFrom(0.25, 0.5, 0.75), (images, threshold) => {
        const areas = [0, 1].flatMap((of) => byDefinition(images, threshold, of) ?? []);
        const mean =
          areas.length === 0 ? undefined : areas.reduce((a, b) => a + b, 0) / areas.length;
        assertClose(meanAveragePrecision(images, { iouThresholds: [threshold] }), mean);
      }),
      RUNS,
    );
  });

  test("of a hit after a false alarm is one half, of half the boxes 51 recalls of 101", () => {
    const far: Box = [50, 50, 60, 60];
    assert.equal(
      meanAveragePrecision([
        picture(
          [
            [far, 2],
            [target, 1],
          ],
          [[target]],
        ),
      ]),
      0.5,
    );
    assertClose(meanAveragePrecision([picture([[target, 1]], [[target], [far]])]), 51 / 101);
    assert.equal(meanAveragePrecision([picture([[target, 1, 1]], [[target]])]), 0);
  });

  test("takes equality with a threshold as a hit, unless it is strict", () => {
    const images = [picture([[[0, 0, 10, 5], 1]], [[target]])];
    assert.equal(meanAveragePrecision(images, { iouThresholds: [0.5] }), 1);
    assert.equal(meanAveragePrecision(images, { iouThresholds: [0.5], strict: true }), 0);
    assert.equal(meanAveragePrecision(images, { iouThresholds: [0.49], strict: true }), 1);
  });

  test("gives a box to one detection only, and the first of equal scores comes first", () => {
    const twice = picture(
      [
        [target, 1],
        [target, 1],
      ],
      [[target], [[50, 50, 60, 60]]],
    );
    assertClose(meanAveragePrecision([twice]), 51 / 101);
    const wrong: Box = [80, 80, 90, 90];
    assert.equal(
      meanAveragePrecision([
        picture(
          [
            [target, 1],
            [wrong, 1],
          ],
          [[target]],
        ),
      ]),
      1,
    );
    assert.equal(
      meanAveragePrecision([
        picture(
          [
            [wrong, 1],
            [target, 1],
          ],
          [[target]],
        ),
      ]),
      0.5,
    );
  });

  test("filtered, it leaves out pictures without a detection or without a box", () => {
    const images = [
      picture([[target, 1]], [[target]]),
      picture([[target, 2]], []),
      picture([], [[target]]),
      picture([], []),
    ];
    assert.equal(meanAveragePrecision(images, { filtered: true }), 1);
    assertClose(meanAveragePrecision(images), (0.5 * 51) / 101);
    assert.equal(meanAveragePrecision(images.slice(2), { filtered: true }), undefined);
    assert.equal(meanAveragePrecision(images.slice(2)), 0);
    assert.equal(meanAveragePrecision(images.slice(3)), undefined);
  });

  test("counts the best detections of a picture only", () => {
    const wrong: Box = [80, 80, 90, 90];
    const images = [
      picture(
        [
          [wrong, 1],
          [wrong, 2],
          [target, 0],
        ],
        [[target]],
      ),
    ];
    assertClose(meanAveragePrecision(images), 1 / 3);
    assert.equal(meanAveragePrecision(images, { maxDetections: 2 }), 0);
  });

  test("of small boxes: the others, and what finds them, count neither way", () => {
    const small: Box = [20, 20, 24, 24];
    const area = { least: 0, end: 50 };
    const images = [
      picture(
        // Of the large box; beside everything but large; the small one; beside everything and small.
        [
          [target, 9],
          [[60, 60, 90, 90], 8],
          [small, 5],
          [[40, 40, 44, 44], 4],
        ],
        [[target], [small]],
      ),
    ];
    assert.equal(meanAveragePrecision(images, { area }), 1);
    const earlier = [
      picture(
        [
          [[40, 40, 44, 44], 7],
          [small, 5],
        ],
        [[small]],
      ),
    ];
    assert.equal(meanAveragePrecision(earlier, { area }), 0.5);
    assert.equal(meanAveragePrecision(images, { area: { least: 500, end: 900 } }), undefined);
  });

  test("reads precision at the recalls that are given, rounded as they are", () => {
    const far: Box = [50, 50, 60, 60];
    const images = [picture([[target, 2]], [[target], [far], [[70, 0, 80, 10]]])];
    const at = (thresholds: number[], round?: (recall: number) => number): number | undefined =>
      meanAveragePrecision(images, { recalls: { thresholds, ...(round && { round }) } });
    assert.equal(at([0, 1 / 3, 0.34, 1]), 0.5);
    const single = Math.fround(1 / 3); // above a third
    assert.equal(at([single]), 0);
    assert.equal(at([single], Math.fround), 1);
  });

  test("refuses boxes that say nothing", () => {
    const score = (images: readonly DetectionImage[]) => () => meanAveragePrecision(images);
    assert.throws(
      score([picture([[[5, 0, 4, 1], 1]], [])]),
      /detection of picture 0: number 0 is \[5, 0, 4, 1\]/,
    );
    assert.throws(
      score([picture([], [[target]]), picture([], [[[0, 0, 1, Number.NaN]]])]),
      /true box of picture 1/,
    );
    assert.throws(score([picture([[target, Number.NaN]], [])]), /score of detection 0 is NaN$/);
    assert.throws(score([picture([[target, 1, 0.5]], [])]), /the label of number 0 is 0.5$/);
    const { found, truth } = picture([[target, 1]], []);
    assert.throws(
      score([{ found: { ...found, scores: [] }, truth }]),
      /1 detections have 0 scores/,
    );
    assert.throws(score([{ found: { ...found, boxes: [1] }, truth }]), /1 corners and 1 labels/);
  });
});

test("meanAveragePrecisionOf() scores a resample as if its pictures stood that often", () => {
  const drawn = fc.array(fc.nat(3), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(pictures, drawn, fc.boolean(), (images, counts, filtered) => {
      const again = images.flatMap((image, i) =>
        Array.from({ length: counts[i] ?? 0 }, () => image),
      );
      const options = { filtered, iouThresholds: [0.3, 0.6] };
      const found = meanAveragePrecisionOf(images, options)(counts);
      assertClose(found, meanAveragePrecision(again, options));
    }),
    RUNS,
  );
});
