import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { auroc, aurocOf, meanOfClasses } from "./auroc.ts";

/** Every pair of a positive and a negative, compared. */
function byPairs(scores: readonly number[], labels: readonly number[]): number | undefined {
  let won = 0;
  let pairs = 0;
  for (const [i, positive] of scores.entries()) {
    for (const [j, negative] of scores.entries()) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      pairs++;
      won += positive > negative ? 1 : positive === negative ? 0.5 : 0;
    }
  }
  return pairs === 0 ? undefined : won / pairs;
}

/** Scores of few distinct values, so that ties are common, and any labels. */
const samples: fc.Arbitrary<{ scores: number[]; labels: number[] }> = fc
  .array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: 0, max: 1 })), {
    maxLength: 60,
  })
  .map((pairs) => ({
    scores: pairs.map(([score]) => score / 4),
    labels: pairs.map(([, label]) => label),
  }));

const RUNS = { numRuns: 300, seed: 5 };

describe("auroc()", () => {
  test("counts wins and half the ties of four samples", () => {
    assert.equal(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
    assert.equal(auroc([1, 1, 0, 0], [1, 0, 1, 0]), 0.5);
    assert.equal(auroc([3, 2, 1], [1, 0, 0]), 1);
    assert.equal(auroc([3, 2, 1], [0, 1, 1]), 0);
  });

  test("equals the comparison of all pairs, to the bit", () => {
    fc.assert(
      fc.property(samples, ({ scores, labels }) => {
        assert.equal(auroc(scores, labels), byPairs(scores, labels));
      }),
      RUNS,
    );
  });

  test("does not change with scores' scale: any increasing function of them is as good", () => {
    fc.assert(
      fc.property(samples, ({ scores, labels }) => {
        const transformed = scores.map((score) => Math.exp(3 * score) - 7);
        assert.equal(auroc(transformed, labels), auroc(scores, labels));
      }),
      RUNS,
    );
  });

  test("is 1 less itself when labels are flipped or scores negated", () => {
    fc.assert(
      fc.property(samples, ({ scores, labels }) => {
        const area = auroc(scores, labels);
        const flipped = auroc(
          scores,
          labels.map((label) => 1 - label),
        );
        const negated = auroc(
          scores.map((score) => -score),
          labels,
        );
        assert.equal(flipped, negated);
        if (area === undefined) assert.equal(flipped, undefined);
        else assert.ok(Math.abs((flipped ?? Number.NaN) - (1 - area)) < 1e-15);
      }),
      RUNS,
    );
  });

  test("does not depend on the order of the samples", () => {
    fc.assert(
      fc.property(samples, ({ scores, labels }) => {
        assert.equal(auroc(scores.toReversed(), labels.toReversed()), auroc(scores, labels));
      }),
      RUNS,
    );
  });

  test("is undefined without a positive or without a negative", () => {
    assert.equal(auroc([1, 2], [1, 1]), undefined);
    assert.equal(auroc([1, 2], [0, 0]), undefined);
    assert.equal(auroc([], []), undefined);
  });

  test("takes infinite scores and signed zeros as what they are", () => {
    const { POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number;
    assert.equal(auroc([most, most, least, 0], [1, 0, 0, 0]), 2.5 / 3);
    assert.equal(auroc([0, -0], [1, 0]), 0.5);
  });

  test("stays exact where ranks are large", () => {
    const count = 200_000;
    const scores = Float64Array.from({ length: count }, (_, i) => i);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
    // Positive 2k + 1 beats the k + 1 negatives below it.
    const half = count / 2;
    assert.equal(auroc(scores, labels), (half * (half + 1)) / 2 / (half * half));
  });

  test("refuses scores and labels that say nothing", () => {
    assert.throws(
      () => auroc([1], [1, 0]),
      /of 1 scores and 2 labels: expected one label a score$/,
    );
    assert.throws(() => auroc([1, Number.NaN], [1, 0]), /: score 1 is NaN$/);
    assert.throws(() => auroc([1, 2], [1, 2]), /: label 1 is 2, expected 1, 0 or -1$/);
  });
});

describe("aurocOf()", () => {
  test("a resample is scored as if its samples stood that often", () => {
    const drawn = fc.array(fc.nat(3), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(samples, drawn, ({ scores, labels }, counts) => {
        const chosen = scores.flatMap((_, i) => Array.from({ length: counts[i] ?? 0 }, () => i));
        const expected = auroc(
          chosen.map((i) => scores[i] ?? 0),
          chosen.map((i) => labels[i] ?? 0),
        );
        assert.equal(aurocOf(scores, labels)(counts), expected);
      }),
      RUNS,
    );
  });

  test("samples of unknown label are left out, also when they are drawn", () => {
    const statistic = aurocOf([0.1, 0.9, 0.5, 0.7], [0, -1, 1, 0]);
    assert.equal(statistic([1, 1, 1, 1]), 0.5);
    assert.equal(statistic([1, 2, 1, 0]), 1);
    assert.equal(statistic([0, 1, 1, 0]), undefined);
  });
});

test("meanOfClasses() leaves out classes without a value", () => {
  assert.equal(meanOfClasses([0.5, undefined, 0.75]), 0.625);
  assert.equal(meanOfClasses([undefined]), undefined);
  assert.equal(meanOfClasses([]), undefined);
});
