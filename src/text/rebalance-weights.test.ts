import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../util/errors.ts";
import { phraseTemplates, rebalanceWeights } from "./rebalance-weights.ts";
import { createTokenizer } from "./tokenizer.ts";
import { wordVocabulary } from "./word-vocabulary.ts";

const TEMPLATES = [
  [7, 8, 9, 4],
  [7, 8],
];

function weigh(ids: readonly number[], contextPositions: readonly number[] = []): Float32Array {
  return rebalanceWeights({ ids: Int32Array.from(ids), contextPositions, templates: TEMPLATES });
}

function assertWeights(actual: Float32Array, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, weight] of expected.entries()) {
    const error = Math.abs((actual[i] ?? Number.NaN) - weight);
    assert.ok(error <= 1e-6 * Math.max(...expected), `position ${i}: ${actual[i]}, not ${weight}`);
  }
}

test("rebalanceWeights() leaves a text without stock phrases alone", () => {
  assertWeights(weigh([2, 7, 9, 8, 1, 1], [1, 2]), [1, 1, 1, 1, 1, 1]);
});

test("rebalanceWeights() gives what phrases lose to the context", () => {
  // d = 2, m = 1, k = 0: (0.95 · 2 + 1) / 1 = 2.9
  assertWeights(weigh([2, 7, 8, 5, 6, 0, 0, 0], [3]), [1, 0.05, 0.05, 2.9, 1, 1, 1, 1]);
});

test("rebalanceWeights() multiplies context within a phrase by the same factor", () => {
  // d = 2, m = 2, k = 1: (0.95 + 2) / (2 - 0.95) = 2.8095238
  const factor = 2.95 / 1.05;
  assertWeights(weigh([2, 7, 8, 5, 6, 0, 0, 0], [3, 2]), [
    1,
    0.05,
    0.05 * factor,
    factor,
    1,
    1,
    1,
    1,
  ]);
});

test("rebalanceWeights() raises all weights, padding too, where there is no context", () => {
  // T = 8, d = 2: 8 / (8 - 1.9)
  const factor = 8 / 6.1;
  const low = 0.05 * factor;
  const expected = [factor, low, low, factor, factor, factor, factor, factor];
  assertWeights(weigh([2, 7, 8, 5, 6, 0, 0, 0]), expected);
});

test("rebalanceWeights() prefers the phrase that stands first in the list, and skips it", () => {
  const ids = [7, 8, 9, 4, 7, 8, 7, 8, 9, 5, 0, 0, 0];
  const low = [...weigh(ids, [9])].map((weight) => weight < 0.5);
  assert.deepEqual(
    low.flatMap((isLow, i) => (isLow ? [i] : [])),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
});

test("rebalanceWeights() finds phrases that do not overlap", () => {
  const ids = Int32Array.of(7, 7, 7, 5);
  const weights = rebalanceWeights({ ids, contextPositions: [3], templates: [[7, 7]] });
  assertWeights(weights, [0.05, 0.05, 1, 2.9]);
});

test("rebalanceWeights() looks only where the longest phrase would fit", () => {
  assert.deepEqual([...weigh([1, 7, 8, 0, 0], [3])].filter((weight) => weight < 1).length, 2);
  assertWeights(weigh([1, 1, 7, 8, 0], [4]), [1, 1, 1, 1, 1]);
  assertWeights(weigh([7, 8, 9]), [1, 1, 1]);
});

test("rebalanceWeights() takes other weights, and no phrases", () => {
  const ids = Int32Array.of(2, 7, 8, 5);
  const context = { ids, contextPositions: [3] };
  const quarter = rebalanceWeights({ ...context, templates: [[7, 8]], diminished: 0.25 });
  assertWeights(quarter, [1, 0.25, 0.25, 2.5]);
  assertWeights(rebalanceWeights({ ...context, templates: [] }), [1, 1, 1, 1]);
});

test("rebalanceWeights() keeps the mean at 1", () => {
  const text = fc.array(fc.constantFrom(7, 8, 9, 4, 5), { minLength: 4, maxLength: 60 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(59)), (ids, wanted) => {
      const context = [...new Set(wanted)].filter((position) => position < ids.length);
      const weights = weigh(ids, context);
      const mean = weights.reduce((sum, weight) => sum + weight, 0) / ids.length;
      assert.ok(Math.abs(mean - 1) < 1e-5, `mean ${mean}`);
      assert.ok(weights.every((weight) => weight > 0));
    }),
    { seed: 10, numRuns: 500 },
  );
});

test("phraseTemplates() writes phrases with the vocabulary's ids", () => {
  const tokenizer = createTokenizer(
    wordVocabulary(["There is no evidence of pneumothorax."], { size: 200 }),
  );
  const words = (ids: readonly number[]): string =>
    ids.map((id) => tokenizer.vocabulary[id]).join(" ");
  assert.deepEqual(phraseTemplates(tokenizer).map(words), [
    "there is no evidence of",
    "there is no",
  ]);
  assert.deepEqual(phraseTemplates(tokenizer, ["no pe"]).map(words), ["no p ##e"]);
});

test("phraseTemplates() refuses phrases that the vocabulary cannot spell", () => {
  const tokenizer = createTokenizer(wordVocabulary([], { size: 200 }));
  for (const phrase of ["no ødem", "", " "]) {
    assert.throws(
      () => phraseTemplates(tokenizer, [phrase]),
      (error) => error instanceof ConfigError && error.message.includes(`"${phrase}"`),
    );
  }
});
