import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapInterval } from "./bootstrap.ts";
import type { DetectionImage } from "./boxes.ts";
import { DETECTION_FIGURES, detectionStatistics } from "./detection-statistics.ts";

const found = (...boxes: number[][]) => ({
  boxes: boxes.flat(),
  scores: boxes.map((_, i) => 1 - i / 10),
  labels: boxes.map(() => 0),
});
const truth = (...boxes: number[][]) => ({ boxes: boxes.flat(), labels: boxes.map(() => 0) });

const SMALL = [30, 30, 34, 34];
const LARGE = [0, 0, 20, 20];
const ASTRAY = [70, 70, 90, 90];

/** One right, one with a false alarm first and a small lesion missed, one without anything, one with a false alarm. */
const IMAGES: readonly DetectionImage[] = [
  { found: found(SMALL), truth: truth(SMALL) },
  { found: found(ASTRAY, LARGE), truth: truth(LARGE, SMALL) },
  { found: found(), truth: truth() },
  { found: found(ASTRAY), truth: truth() },
];

test("detectionStatistics() gives every figure, those of small lesions where they are defined", () => {
  const values = detectionStatistics(IMAGES, { smallBelow: 100 })([1, 1, 1, 1]);
  assert.deepEqual(Object.keys(values).sort(), [...DETECTION_FIGURES].sort());
  // Scores 1, 1, 1, 0.9: hit, alarm, alarm, hit of three boxes. Filtered: hit, alarm, hit.
  assert.ok(Math.abs((values.map ?? 0) - (34 * 1 + 33 * 0.5) / 101) < 1e-12);
  assert.ok(Math.abs((values.mapFiltered ?? 0) - (34 * 1 + 33 * (2 / 3)) / 101) < 1e-12);
  assert.equal(values.ap50, values.map);
  // Of two small ones the first is found and nothing small is astray.
  assert.ok(Math.abs((values.mapSmall ?? 0) - 51 / 101) < 1e-12);
  // Alarms stand beside the first hit: nothing is found without two in four pictures.
  assert.equal(values["sensitivityAt1/4"], 0);
  assert.equal(values["sensitivityAt1/2"], 2 / 3);
  assert.equal(values.sensitivityAt8, 2 / 3);
  assert.ok(Math.abs((values.froc ?? 0) - (5 * (2 / 3)) / 7) < 1e-12);
  const plain = detectionStatistics(IMAGES)([1, 1, 1, 1]);
  assert.equal(plain.mapSmall, undefined);
  assert.equal(plain.frocSmall, undefined);
  assert.equal(detectionStatistics(IMAGES)([0, 0, 1, 2]).map, undefined);
});

test("detectionStatistics() passes on whether overlaps are strict", () => {
  const half = [{ found: found([0, 0, 20, 10]), truth: truth(LARGE) }];
  assert.equal(detectionStatistics(half)([1]).ap50, 1);
  assert.equal(detectionStatistics(half)([1]).sensitivityAt1, 1);
  assert.equal(detectionStatistics(half, { strict: true })([1]).ap50, 0);
  // Of the eight thresholds 0.4 and 0.45 are below the overlap, and 0.5 is the overlap.
  assert.equal(detectionStatistics(half)([1]).map, 3 / 8);
  assert.equal(detectionStatistics(half)([1]).mapFiltered, 2 / 8);
  assert.equal(detectionStatistics(half, { strict: true })([1]).sensitivityAt1, 0);
});

test("a figure has an interval by patient", () => {
  const statistics = detectionStatistics(IMAGES);
  const interval = bootstrapInterval(4, (counts) => statistics(counts).map, {
    ...{ seed: 3, name: "map", resamples: 200, groups: ["a", "b", "b", "c"] },
  });
  const { low = Number.NaN, high = Number.NaN } = interval ?? {};
  assert.ok(low < 0.5 && high === 1, `${low} to ${high}`);
});
