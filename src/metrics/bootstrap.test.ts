import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorFunction } from "simple-statistics";
import { RandomStream } from "../util/random.ts";
import { aurocOf } from "./auroc.ts";
import { bootstrapInterval, pairedDifference, quantileOfSorted } from "./bootstrap.ts";
import type { SampleStatistic } from "./ranking.ts";

const KEY = { seed: 3, name: "test" };

function meanOf(values: ArrayLike<number>): SampleStatistic {
  return (counts) => {
    let sum = 0;
    let drawn = 0;
    for (let i = 0; i < counts.length; i++) {
      sum += (values[i] ?? 0) * (counts[i] ?? 0);
      drawn += counts[i] ?? 0;
    }
    return drawn === 0 ? undefined : sum / drawn;
  };
}

function normals(count: number, name: string): Float64Array {
  const stream = new RandomStream({ seed: 1, name });
  return Float64Array.from({ length: count }, () => stream.normal());
}

/** Every resample that was drawn, as samples that stand as often as they were. */
function drawn(
  count: number,
  options: Partial<Parameters<typeof bootstrapInterval>[2]>,
): number[][] {
  const seen: number[][] = [];
  const collect: SampleStatistic = (counts) =>
    seen.push(
      Array.from(counts).flatMap((times, sample) => Array.from({ length: times }, () => sample)),
    );
  bootstrapInterval(count, collect, { ...KEY, resamples: 50, ...options });
  return seen;
}

describe("bootstrapInterval()", () => {
  test("is that of theory for the mean of many normal draws: ± 1.96 σ / √n", () => {
    const count = 400;
    const values = normals(count, "many");
    const mean = values.reduce((a, b) => a + b, 0) / count;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / count);
    const interval = bootstrapInterval(count, meanOf(values), { ...KEY, resamples: 4000 });
    const half = (1.96 * deviation) / Math.sqrt(count);
    assert.ok(interval !== undefined);
    assert.ok(Math.abs((interval.high - mean) / half - 1) < 0.08, `${interval.high}`);
    assert.ok(Math.abs((mean - interval.low) / half - 1) < 0.08, `${interval.low}`);
  });

  test("holds the true value about as often as its level says", () => {
    let held = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const statistic = meanOf(normals(60, `trial ${trial}`));
      const options = { seed: trial, name: "coverage", resamples: 300, level: 0.8 };
      const { low, high } = bootstrapInterval(60, statistic, options) ?? { low: 1, high: -1 };
      if (low <= 0 && 0 <= high) held++;
    }
    assert.ok(held / trials > 0.72 && held / trials < 0.88, `${held} of ${trials}`);
  });

  test("is the same again, another for another seed or name, and wider at a higher level", () => {
    const statistic = meanOf(normals(30, "again"));
    const first = bootstrapInterval(30, statistic, KEY);
    assert.deepEqual(bootstrapInterval(30, statistic, KEY), first);
    assert.notDeepEqual(bootstrapInterval(30, statistic, { ...KEY, seed: 4 }), first);
    assert.notDeepEqual(bootstrapInterval(30, statistic, { ...KEY, name: "other" }), first);
    const wide = bootstrapInterval(30, statistic, { ...KEY, level: 0.99 });
    assert.ok(wide !== undefined && first !== undefined);
    assert.ok(wide.low < first.low && wide.high > first.high);
  });

  test("interpolates between resamples", () => {
    let call = 0;
    const interval = bootstrapInterval(2, () => call++, { ...KEY, resamples: 11, level: 0.5 });
    assert.deepEqual(interval, { low: 2.5, high: 7.5 });
  });

  test("draws as many samples as there are, each from all of them", () => {
    const resamples = drawn(20, {});
    assert.equal(resamples.length, 50);
    assert.ok(resamples.every(({ length }) => length === 20));
    assert.equal(new Set(resamples.flat()).size, 20);
    assert.ok(resamples.some((indices) => new Set(indices).size < 20));
  });

  test("keeps the size of every stratum", () => {
    const strata = ["a", "b", "b", "a", "a", "c"];
    const counted = { a: 3, b: 2, c: 1 };
    for (const indices of drawn(6, { strata })) {
      const sizes: Record<string, number> = {};
      for (const i of indices) sizes[strata[i] ?? ""] = (sizes[strata[i] ?? ""] ?? 0) + 1;
      assert.deepEqual(sizes, counted);
    }
  });

  test("draws the samples of a group together, and is wider for it", () => {
    const groups = [7, 8, 7, 9, 8, 7];
    for (const indices of drawn(6, { groups })) {
      const times = (sample: number): number => indices.filter((i) => i === sample).length;
      assert.equal(times(0), times(2));
      assert.equal(times(0), times(5));
      assert.equal(times(1), times(4));
      assert.equal(times(0) + times(1) + times(3), 3); // three groups, three draws
    }
    // Ten copies of each of 20 values are 20 observations, not 200.
    const values = normals(20, "copies");
    const copies = Array.from({ length: 200 }, (_, i) => values[i % 20] ?? 0);
    const width = (options: { groups?: number[] }): number => {
      const { low, high } = bootstrapInterval(200, meanOf(copies), { ...KEY, ...options }) ?? {
        low: 0,
        high: 0,
      };
      return high - low;
    };
    const ratio = width({ groups: copies.map((_, i) => i % 20) }) / width({});
    assert.ok(ratio > 2.6 && ratio < 3.8, `${ratio}`); // √10
  });

  test("leaves out resamples without a value, and is undefined when those are most", () => {
    const scores = normals(40, "scores");
    const some = Array.from({ length: 40 }, (_, i) => (i === 0 ? 1 : 0));
    // One positive of 40 is missing from 36 % of the resamples.
    const interval = bootstrapInterval(40, aurocOf(scores, some), KEY);
    assert.ok(interval !== undefined && Number.isFinite(interval.low));
    const none = Array.from({ length: 40 }, () => 0);
    assert.equal(bootstrapInterval(40, aurocOf(scores, none), KEY), undefined);
  });

  test("is undefined of one group, of which all resamples are the same", () => {
    const values = normals(6, "one");
    const one = { ...KEY, groups: Array.from({ length: 6 }, () => "only") };
    assert.equal(bootstrapInterval(6, meanOf(values), one), undefined);
    assert.equal(bootstrapInterval(3, meanOf(values), { ...KEY, strata: [1, 2, 3] }), undefined);
    const difference = pairedDifference(6, [meanOf(values), meanOf(normals(6, "two"))], one);
    assert.ok(difference !== undefined && difference.difference !== 0);
    assert.deepEqual([difference.interval, difference.p], [undefined, undefined]);
  });

  test("refuses numbers that are out of range", () => {
    const statistic = meanOf([1, 2]);
    const run = (count: number, options: object): unknown =>
      bootstrapInterval(count, statistic, { ...KEY, ...options });
    assert.throws(() => run(0, {}), /with 0 samples: a whole number from 1 expected$/);
    assert.throws(() => run(2, { resamples: 1.5 }), /with 1.5 resamples: /);
    assert.throws(() => run(2, { level: 95 }), /at level 95: a number between 0 and 1 expected/);
    assert.throws(() => run(2, { strata: [1] }), /Cannot resample 2 samples by 1 strata: /);
    assert.throws(
      () => run(2, { strata: [1, 2], groups: [5, 5] }),
      /of two strata; give strata or/,
    );
  });
});

describe("pairedDifference()", () => {
  test("sees the same samples on both sides: what is common cancels", () => {
    const common = normals(50, "common");
    const better = common.map((value) => value + 0.25);
    const found = pairedDifference(50, [meanOf(better), meanOf(common)], KEY);
    assert.ok(found?.interval !== undefined);
    for (const value of [found.difference, found.interval.low, found.interval.high]) {
      assert.ok(Math.abs(value - 0.25) < 1e-12, `${value}`);
    }
    assert.equal(found.p, 2 / 2001); // no resample of 2000 is on the other side
    const same = pairedDifference(50, [meanOf(common), meanOf(common)], KEY);
    assert.equal(same?.p, 1);
  });

  test("p is about that of theory for a mean of differences", () => {
    const first = normals(100, "shift").map((value) => value + 0.15);
    const zero = first.map(() => 0);
    const found = pairedDifference(100, [meanOf(first), meanOf(zero)], { ...KEY, resamples: 8000 });
    const mean = first.reduce((a, b) => a + b, 0) / 100;
    const deviation = Math.sqrt(first.reduce((a, b) => a + (b - mean) ** 2, 0) / 100);
    const expected = 1 - errorFunction(Math.abs(mean) / (deviation / 10) / Math.SQRT2);
    assert.ok(Math.abs((found?.p ?? 0) - expected) < 0.02, `${found?.p} ${expected}`);
  });

  test("is undefined when a side is", () => {
    const nothing: SampleStatistic = () => undefined;
    assert.equal(pairedDifference(2, [meanOf([1, 2]), nothing], KEY), undefined);
    assert.equal(pairedDifference(2, [nothing, meanOf([1, 2])], KEY), undefined);
  });
});

test("quantileOfSorted() is numpy's", () => {
  const sorted = [1, 2, 4, 8];
  assert.equal(quantileOfSorted(sorted, 0), 1);
  assert.equal(quantileOfSorted(sorted, 0.5), 3);
  assert.ok(Math.abs(quantileOfSorted(sorted, 0.9) - 6.8) < 1e-12);
  assert.equal(quantileOfSorted(sorted, 1), 8);
  assert.equal(quantileOfSorted([5], 0.3), 5);
});
