import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { countOverlap, diceScore, iouScore } from "./overlap.ts";

describe("countOverlap()", () => {
  test("takes what is strictly above the threshold, in prediction and truth", () => {
    const predicted = Float32Array.of(0.5, 0.50001, 1, 0.2, 0.9);
    const truth = Float32Array.of(1, 1, 0.5, 0.7, 0.50001);
    assert.deepEqual(countOverlap(predicted, truth), { predicted: 3, truth: 4, both: 2 });
    assert.deepEqual(countOverlap(predicted, truth, 0.6), { predicted: 2, truth: 3, both: 0 });
  });

  test("refuses masks of different sizes and predictions that are NaN", () => {
    assert.throws(() => countOverlap([1, 0], [1]), /mask of 2 pixels with a true one of 1/);
    assert.throws(() => countOverlap([0, Number.NaN], [0, 0]), /prediction 1 is NaN$/);
  });
});

describe("diceScore() and iouScore()", () => {
  test("of two of three and two of four pixels", () => {
    const overlap = { predicted: 3, truth: 4, both: 2 };
    assert.equal(diceScore(overlap), 4 / 7);
    assert.equal(iouScore(overlap), 2 / 5);
  });

  test("are 1 where nothing was to be found and nothing was, 0 where one mask is empty", () => {
    for (const score of [diceScore, iouScore]) {
      assert.equal(score({ predicted: 0, truth: 0, both: 0 }), 1);
      assert.equal(score({ predicted: 1, truth: 0, both: 0 }), 0);
      assert.equal(score({ predicted: 0, truth: 1, both: 0 }), 0);
    }
  });

  test("order predictions alike: Dice is 2 IoU / (1 + IoU)", () => {
    const counts = fc
      .tuple(fc.nat(50), fc.nat(50), fc.nat(50))
      .map(([both, a, b]) => ({ both, predicted: both + a, truth: both + b }));
    fc.assert(
      fc.property(counts, (overlap) => {
        const iou = iouScore(overlap);
        assert.ok(Math.abs(diceScore(overlap) - (2 * iou) / (1 + iou)) < 1e-12);
      }),
      { numRuns: 300, seed: 2 },
    );
  });
});
