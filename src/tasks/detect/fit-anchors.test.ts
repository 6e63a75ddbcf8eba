import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Anchor, detectionAnchors } from "../../model/heads/detection-anchors.ts";
import { ConfigError } from "../../util/errors.ts";
import { RandomStream } from "../../util/random.ts";
import { fitAnchors } from "./fit-anchors.ts";

const CURRENT = detectionAnchors(224);

/** Boxes in nine tight groups, 40 of each. */
const GROUPS: readonly Anchor[] = [
  [8, 8],
  [8, 24],
  [24, 8],
  [20, 20],
  [20, 60],
  [60, 20],
  [70, 70],
  [70, 180],
  [180, 70],
];
const BOXES = GROUPS.flatMap(([width, height], group): Anchor[] => {
  const stream = new RandomStream({ seed: 3, name: `group/${group}` });
  return Array.from(
    { length: 40 },
    (): Anchor => [width * stream.between(0.97, 1.03), height * stream.between(0.97, 1.03)],
  );
});

/** The mean, over the boxes, of the overlap with the best anchor, by its definition. */
function meanOverlap(sizes: readonly Anchor[], anchors: readonly Anchor[]): number {
  const overlap = ([w, h]: Anchor, [v, g]: Anchor): number => {
    const both = Math.min(w, v) * Math.min(h, g);
    return both / (w * h + v * g - both);
  };
  const best = sizes.map((size) => Math.max(...anchors.map((anchor) => overlap(size, anchor))));
  return best.reduce((sum, each) => sum + each, 0) / sizes.length;
}

describe("fitAnchors()", () => {
  test("finds the groups that the boxes were drawn from, the largest for the coarsest scale", () => {
    const { anchors } = fitAnchors(BOXES, { current: CURRENT, seed: 1 });
    assert.deepEqual(
      anchors.map(({ length }) => length),
      [3, 3, 3],
    );
    const areas = anchors.flat().map(([width, height]) => width * height);
    assert.deepEqual(
      areas,
      areas.toSorted((a, b) => b - a),
    );
    for (const [width, height] of GROUPS) {
      const near = anchors
        .flat()
        .some(([w, h]) => Math.abs(w / width - 1) < 0.02 && Math.abs(h / height - 1) < 0.02);
      assert.ok(near, `no anchor is near ${width} x ${height}`);
    }
  });

  test("reports the mean overlap with the anchors that there were, and with its own", () => {
    const { anchors, meanOverlap: reported } = fitAnchors(BOXES, { current: CURRENT, seed: 1 });
    assert.ok(Math.abs(reported.before - meanOverlap(BOXES, CURRENT.flat())) < 1e-12);
    assert.ok(Math.abs(reported.after - meanOverlap(BOXES, anchors.flat())) < 1e-12);
    assert.ok(reported.before < 0.7 && reported.after > 0.95);
  });

  test("is a function of boxes and seed", () => {
    const fit = (seed: number) => fitAnchors(BOXES.slice(0, 60), { current: CURRENT, seed });
    assert.deepEqual(fit(5), fit(5));
    const found = [0, 1, 2, 3, 4].map((seed) => JSON.stringify(fit(seed).anchors));
    assert.ok(new Set(found).size > 1);
  });

  test("is never worse than the anchors that there are, and takes other numbers of them", () => {
    const side = fc.double({ min: 1, max: 224, noNaN: true });
    const sizes = fc.array(fc.tuple(side, side), { minLength: 9, maxLength: 40 });
    const scales = fc.constantFrom([1], [2, 1], [3, 3, 3]);
    fc.assert(
      fc.property(sizes, scales, fc.nat(), (boxes, counts, seed) => {
        fc.pre(new Set(boxes.map(String)).size >= 9);
        const current = counts.map((count, k) => (CURRENT[k] ?? []).slice(0, count));
        const { anchors, meanOverlap: overlap } = fitAnchors(boxes, { current, seed });
        assert.ok(overlap.after >= overlap.before);
        assert.deepEqual(
          anchors.map(({ length }) => length),
          counts,
        );
        assert.ok(anchors.flat().every(([w, h]) => w > 0 && h > 0));
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test("refuses fewer different sizes than anchors, and sizes without area", () => {
    const eight = Array.from({ length: 30 }, (_, i): Anchor => [10 + (i % 8), 20]);
    const refused = (sizes: readonly Anchor[], message: RegExp): void =>
      assert.throws(
        () => fitAnchors(sizes, { current: CURRENT, seed: 0 }),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    refused(eight, /Cannot fit 9 anchors: the 30 boxes have 8 different sizes/);
    refused([], /the 0 boxes have 0 different sizes/);
    refused([...BOXES, [4, 0]], /box 360 is 4 x 0 pixels/);
    refused([...BOXES, [Number.NaN, 3]], /box 360 is NaN x 3 pixels/);
    const nine = Array.from({ length: 9 }, (_, i): Anchor => [10 + i, 20]);
    const { meanOverlap: overlap } = fitAnchors(nine, { current: CURRENT, seed: 0 });
    assert.equal(overlap.after, 1);
  });
});
