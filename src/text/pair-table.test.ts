import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PairTable } from "./pair-table.ts";

/** What stands at the front, as `[left, right, count]`. */
function first(table: PairTable): readonly number[] | undefined {
  const pair = table.mostFrequent();
  return pair && [pair.left, pair.right, pair.count];
}

test("mostFrequent() gives the highest count, then the smallest left id, then the smallest right id", () => {
  const table = new PairTable();
  assert.equal(first(table), undefined);
  table.add(7, 1, { count: 2, word: 0 });
  table.add(3, 9, { count: 2, word: 1 });
  table.add(3, 8, { count: 2, word: 2 });
  assert.deepEqual(first(table), [3, 8, 2]);
  table.add(7, 1, { count: 1, word: 3 });
  assert.deepEqual(first(table), [7, 1, 3]);
  assert.deepEqual([...(table.mostFrequent()?.words ?? [])], [0, 3]);
});

test("mostFrequent() follows counts that fall, vanish and come back", () => {
  const table = new PairTable();
  table.add(1, 2, { count: 5, word: 0 });
  table.add(3, 4, { count: 3, word: 1 });
  assert.deepEqual(first(table), [1, 2, 5]);
  table.add(1, 2, { count: -3, word: 0 });
  assert.deepEqual(first(table), [3, 4, 3]);
  table.add(3, 4, { count: -3, word: 1 });
  assert.deepEqual(first(table), [1, 2, 2]);
  table.add(3, 4, { count: 9, word: 2 });
  assert.deepEqual(first(table), [3, 4, 9]);
  assert.deepEqual([...(table.mostFrequent()?.words ?? [])], [2], "words of before are forgotten");
});

test("mostFrequent() agrees with sorting all counts anew", () => {
  const change = fc.record({
    left: fc.nat(4),
    right: fc.nat(4),
    count: fc.integer({ min: 1, max: 9 }),
    takesBack: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const table = new PairTable();
      const counts = new Map<string, readonly [left: number, right: number, count: number]>();
      for (const { left, right, count, takesBack } of changes) {
        const key = `${left} ${right}`;
        const before = counts.get(key)?.[2] ?? 0;
        const added = takesBack ? -Math.min(before, count) : count;
        if (added === 0) continue;
        table.add(left, right, { count: added, word: 0 });
        if (before + added === 0) counts.delete(key);
        else counts.set(key, [left, right, before + added]);
        const [expected] = [...counts.values()].toSorted(
          (a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1],
        );
        assert.deepEqual(first(table), expected);
      }
    }),
    { seed: 11, numRuns: 200 },
  );
});
