import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mapInOrder } from "./map-in-order.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("mapInOrder()", () => {
  test("gives results in order with so many in work at once and no more", async () => {
    let working = 0;
    let most = 0;
    const results = mapInOrder([5, 1, 4, 0, 3, 2], 3, async (ms) => {
      working += 1;
      most = Math.max(most, working);
      await later(ms);
      working -= 1;
      return ms * 10;
    });
    assert.deepEqual(await collect(results), [50, 10, 40, 0, 30, 20]);
    assert.equal(most, 3);
  });

  test("throws the first failure in order, after the results before it", async () => {
    const seen: number[] = [];
    const results = mapInOrder([1, 2, 3, 4], 4, async (item) => {
      if (item === 4) throw new RangeError("four");
      await later(2);
      if (item === 3) throw new RangeError("three");
      return item;
    });
    const take = async (): Promise<void> => {
      for await (const result of results) seen.push(result);
    };
    await assert.rejects(take, new RangeError("three"));
    assert.deepEqual(seen, [1, 2]);
  });
});
