import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bootstrapInterval } from "./bootstrap.ts";
import { eachOnce } from "./ranking.ts";
import {
  meanScore,
  scoreMask,
  segmentationFloors,
  segmentationStatistics,
} from "./segmentation-statistics.ts";

const GRID = { width: 3, height: 2 };
const NOTHING = [0, 0, 0, 0, 0, 0];
const LEFT = [1, 0, 0, 1, 0, 0];
const LOW = [0, 0, 0, 1, 1, 1];

const SCORES = [
  scoreMask({ ...GRID, predicted: LEFT, truth: LEFT }),
  scoreMask({ ...GRID, predicted: LOW, truth: LEFT }),
  scoreMask({ ...GRID, predicted: NOTHING, truth: NOTHING }),
  scoreMask({ ...GRID, predicted: LOW, truth: NOTHING }),
];

describe("scoreMask()", () => {
  test("gives Dice, IoU and distance of one picture", () => {
    const predicted = LOW.map((pixel) => 0.1 + 0.6 * pixel);
    const { hd95, ...score } = scoreMask({ ...GRID, predicted, truth: LEFT });
    assert.deepEqual(score, { dice: 2 / 5, iou: 1 / 4, truePixels: 2, predictedPixels: 3 });
    // The 95th percentile of the five distances 0, 1, 2 and 0, 1.
    assert.ok(Math.abs(hd95 - 1.8) < 1e-12);
    const strict = scoreMask({ ...GRID, predicted, truth: LEFT, threshold: 0.75 });
    assert.equal(strict.predictedPixels, 0);
    assert.equal(strict.hd95, Math.hypot(2, 1));
  });
});

describe("segmentationStatistics()", () => {
  const statistics = segmentationStatistics(SCORES);

  test("averages over all pictures, and over those with something to find", () => {
    const hd95 = SCORES[1]?.hd95 ?? Number.NaN;
    assert.deepEqual(statistics(eachOnce(4)), {
      dice: (1 + 2 / 5 + 1 + 0) / 4,
      dicePositives: (1 + 2 / 5) / 2,
      iou: (1 + 1 / 4 + 1 + 0) / 4,
      iouPositives: (1 + 1 / 4) / 2,
      hd95: (0 + hd95 + 0 + Math.hypot(2, 1)) / 4,
      hd95Positives: hd95 / 2,
    });
  });

  test("a resample is scored as if its pictures stood that often", () => {
    const counts = [0, 2, 1, 3];
    const drawn = SCORES.flatMap((score, i) => Array.from({ length: counts[i] ?? 0 }, () => score));
    const expected = segmentationStatistics(drawn)(eachOnce(drawn.length));
    assert.deepEqual(statistics(counts), expected);
    assert.equal(statistics([0, 0, 1, 1]).dicePositives, undefined);
    assert.equal(statistics([0, 0, 0, 0]).dice, undefined);
  });

  test("has an interval by patient", () => {
    const dice = (counts: ArrayLike<number>): number | undefined => statistics(counts).dice;
    const options = { seed: 1, name: "dice", resamples: 200, groups: ["a", "a", "b", "c"] };
    const interval = bootstrapInterval(4, dice, options);
    // Pictures of "a" score 0.7 together, those of "b" and "c" 1 and 0: resamples lie between, around 0.6.
    const { low = Number.NaN, high = Number.NaN } = interval ?? {};
    assert.ok(0 <= low && low < 0.6 && 0.6 < high && high <= 1, `${low} to ${high}`);
  });
});

test("meanScore() takes the pictures that are asked for, such as those with a small lesion", () => {
  const small = meanScore(
    SCORES,
    ({ dice }) => dice,
    ({ truePixels }) => truePixels > 0 && truePixels < 3,
  );
  assert.equal(small([1, 3, 5, 5]), (1 + 3 * (2 / 5)) / 4);
  assert.equal(small([0, 0, 1, 1]), undefined);
});

test("segmentationFloors() is what predicting nothing scores", () => {
  const blind = SCORES.map(({ truePixels }) =>
    scoreMask({ ...GRID, predicted: NOTHING, truth: truePixels > 0 ? LEFT : NOTHING }),
  );
  const { dice, dicePositives, iou, iouPositives } = segmentationStatistics(blind)(eachOnce(4));
  const floors = segmentationFloors(SCORES);
  assert.deepEqual(floors, {
    ...{ dice, dicePositives, iou, iouPositives },
    ...{ hd95: undefined, hd95Positives: undefined },
  });
  assert.equal(floors.dice, 0.5);
  assert.equal(segmentationFloors([]).dice, undefined);
  assert.equal(segmentationFloors(SCORES.slice(2)).dicePositives, undefined);
});
