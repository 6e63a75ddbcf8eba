import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { RandomStream } from "../../util/random.ts";
import { stratify } from "./stratify.ts";

const SHARES = [0.7, 0.1, 0.2];

function rng(seed = 0): RandomStream {
  return new RandomStream({ seed, name: "test" });
}

/** Groups as lists of [records, then records that show each class]. */
function deal(groups: readonly (readonly number[])[], shares = SHARES, seed = 0): Int16Array {
  const classes = (groups[0]?.length ?? 1) - 1;
  return stratify({
    sizes: Uint32Array.from(groups, ([size]) => size ?? 0),
    positives: Uint32Array.from(groups.flatMap(([, ...shown]) => shown)),
    classes,
    shares,
    rng: rng(seed),
  });
}

/** What each part has of one column of the groups. */
function totals(
  groups: readonly (readonly number[])[],
  parts: Int16Array,
  column: number,
): readonly number[] {
  return SHARES.map((_, part) =>
    groups.reduce((sum, group, g) => sum + (parts[g] === part ? (group[column] ?? 0) : 0), 0),
  );
}

describe("stratify()", () => {
  test("gives every class its share of every part, to the record, where the numbers allow it", () => {
    // 100 records of class A alone, 10 of B alone, 90 of neither.
    const groups = [
      ...Array.from({ length: 100 }, () => [1, 1, 0]),
      ...Array.from({ length: 10 }, () => [1, 0, 1]),
      ...Array.from({ length: 90 }, () => [1, 0, 0]),
    ];
    for (const seed of [0, 1, 2]) {
      const parts = deal(groups, SHARES, seed);
      assert.deepEqual(totals(groups, parts, 0), [140, 20, 40]);
      assert.deepEqual(totals(groups, parts, 1), [70, 10, 20]);
      assert.deepEqual(totals(groups, parts, 2), [7, 1, 2]);
    }
  });

  test("deals out the rarest class first: it keeps its share beside one that is everywhere", () => {
    // B stands only where A stands: had A gone first, B would have fallen anywhere.
    const groups = Array.from({ length: 200 }, (_, i) => [1, 1, i % 20 === 0 ? 1 : 0]);
    for (let seed = 0; seed < 20; seed++) {
      assert.deepEqual(totals(groups, deal(groups, SHARES, seed), 2), [7, 1, 2]);
    }
  });

  test("is a function of the seed", () => {
    const groups = Array.from({ length: 50 }, (_, i) => [1, i % 2]);
    assert.deepEqual(deal(groups, SHARES, 5), deal(groups, SHARES, 5));
    assert.notDeepEqual(deal(groups, SHARES, 5), deal(groups, SHARES, 6));
  });

  test("gives a part of share 0 nothing, however full the others are", () => {
    const groups = [
      [9, 9],
      [1, 0],
      [7, 1],
      [3, 0],
    ];
    assert.ok(!deal(groups, [0.5, 0, 0.5]).includes(1));
  });

  test("does not send the largest patients to the largest part", () => {
    // Half of the groups have ten records; over many seeds val gets about as many of them as its share says.
    const groups = Array.from({ length: 100 }, (_, i) => [i % 2 === 0 ? 10 : 1, 1]);
    let large = 0;
    for (let seed = 0; seed < 40; seed++) {
      const parts = deal(groups, SHARES, seed);
      large += parts.filter((part, g) => part !== 0 && g % 2 === 0).length;
    }
    // 30 % of 50 large groups, 40 times: 600.
    assert.ok(large > 450 && large < 750, `${large}`);
  });

  test("keeps the parts' sizes within the largest group of their shares, with no classes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }),
        fc.nat(1000),
        (sizes, seed) => {
          const groups = sizes.map((size) => [size]);
          const parts = deal(groups, SHARES, seed);
          const all = sizes.reduce((sum, size) => sum + size, 0);
          const largest = Math.max(...sizes);
          for (const [part, got] of totals(groups, parts, 0).entries()) {
            const wanted = (SHARES[part] ?? 0) * all;
            // A part is served only while it lacks most: it never gets more than its share and one group.
            assert.ok(got <= wanted + largest + 1e-6, `${got} of ${wanted}`);
          }
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  test("refuses shares that are all 0", () => {
    assert.throws(() => deal([[1]], [0, 0]), RangeError);
  });
});
