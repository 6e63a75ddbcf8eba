import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RandomStream } from "../util/random.ts";
import { auroc, aurocOf } from "./auroc.ts";
import { pairedDifference } from "./bootstrap.ts";
import { deLong } from "./delong.ts";

/** Scores of two classifiers that see the same samples. */
function draw(
  count: number,
  trial: number,
  gain: number,
): {
  readonly first: number[];
  readonly second: number[];
  readonly labels: number[];
} {
  const stream = new RandomStream({ seed: 2, name: "delong", step: trial });
  const labels = Array.from({ length: count }, () => (stream.uniform() < 0.4 ? 1 : 0));
  const common = labels.map(() => stream.normal());
  const scoreBy = (strength: number): number[] =>
    labels.map((label, i) => strength * label + (common[i] ?? 0) + 0.7 * stream.normal());
  return { first: scoreBy(1 + gain), second: scoreBy(1), labels };
}

/** The covariance matrix by the definition: every pair of a positive and a negative. */
function byPairs(scores: readonly (readonly number[])[], labels: readonly number[]): number {
  const at = (wanted: number): number[] =>
    labels.flatMap((label, i) => (label === wanted ? [i] : []));
  const [positives, negatives] = [at(1), at(0)];
  const wins = (s: readonly number[], i: number, j: number): number =>
    Math.sign((s[i] ?? 0) - (s[j] ?? 0)) / 2 + 0.5;
  const mean = (values: readonly number[]): number =>
    values.reduce((a, b) => a + b, 0) / values.length;
  const covariance = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + (value - mean(a)) * ((b[i] ?? 0) - mean(b)), 0) /
    (a.length - 1);
  const [v10, v01] = [
    scores.map((s) => positives.map((i) => mean(negatives.map((j) => wins(s, i, j))))),
    scores.map((s) => negatives.map((j) => mean(positives.map((i) => wins(s, i, j))))),
  ];
  const entry = (a: number, b: number): number =>
    covariance(v10[a] ?? [], v10[b] ?? []) / positives.length +
    covariance(v01[a] ?? [], v01[b] ?? []) / negatives.length;
  return entry(0, 0) + entry(1, 1) - 2 * entry(0, 1);
}

describe("deLong()", () => {
  test("has the areas, and the variance of the definition, ties included", () => {
    for (const round of [1000, 2]) {
      const { labels, ...drawn } = draw(60, 1, 0.5);
      const tied = (scores: number[]): number[] => scores.map((s) => Math.round(s * round) / round);
      const [first, second] = [tied(drawn.first), tied(drawn.second)];
      const found = deLong([first, second], labels);
      assert.ok(found !== undefined);
      assert.ok(Math.abs(found.first - (auroc(first, labels) ?? 0)) < 1e-12);
      assert.ok(Math.abs(found.second - (auroc(second, labels) ?? 0)) < 1e-12);
      const expected = Math.sqrt(byPairs([first, second], labels));
      assert.ok(Math.abs(found.standardError - expected) < 1e-12);
    }
  });

  test("p is uniform where neither is better", () => {
    const trials = 400;
    let below = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { first, second, labels } = draw(80, trial, 0);
      if ((deLong([first, second], labels)?.p ?? 1) < 0.2) below++;
    }
    assert.ok(Math.abs(below / trials - 0.2) < 0.06, `${below} of ${trials}`);
  });

  test("agrees with the paired bootstrap", () => {
    const { first, second, labels } = draw(300, 7, 0.5);
    const found = deLong([first, second], labels);
    const drawn = pairedDifference(300, [aurocOf(first, labels), aurocOf(second, labels)], {
      seed: 1,
      name: "delong",
    });
    assert.ok(found !== undefined && drawn?.interval !== undefined);
    assert.ok(Math.abs(found.difference - drawn.difference) < 1e-12);
    const widths = [found.interval, drawn.interval].map(({ low, high }) => high - low);
    assert.ok(Math.abs((widths[0] ?? 0) / (widths[1] ?? 1) - 1) < 0.12, widths.join());
  });

  test("leaves unknown labels out, and is undefined with one sample of a side", () => {
    const scores = [0.1, 0.5, 0.4, 0.8, 0.3];
    const other = [0.2, 0.4, 0.5, 0.7, 0.9];
    const found = deLong([scores, other], [0, 0, 1, 1, -1]);
    assert.deepEqual(found, deLong([scores.slice(0, 4), other.slice(0, 4)], [0, 0, 1, 1]));
    assert.equal(deLong([scores, other], [0, 0, 0, 0, 1]), undefined);
    assert.deepEqual(deLong([scores, scores], [0, 0, 1, 1, 1])?.p, 1);
  });

  test("p is at most 1, where areas differ by rounding alone", () => {
    const scores = [
      [4, 6, 6, 5, 3, 3],
      [6, 6, 0, 1, 7, 7],
    ] as const;
    const found = deLong(scores, [0, 1, 0, 1, 0, 1]);
    assert.ok(found !== undefined && found.difference !== 0 && Math.abs(found.difference) < 1e-15);
    assert.equal(found.p, 1);
  });

  test("refuses what says nothing", () => {
    assert.throws(() => deLong([[1], [1, 2]], [1, 0]), /of 1 and 2 scores and 2 labels/);
    assert.throws(
      () =>
        deLong(
          [
            [1, 2, 3, Number.NaN],
            [1, 2, 3, 4],
          ],
          [1, 1, 0, 0],
        ),
      /score 3 is NaN/,
    );
  });
});
