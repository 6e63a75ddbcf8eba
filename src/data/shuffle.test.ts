import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { epochOrder } from "./shuffle.ts";

describe("epochOrder()", () => {
  test("visits every record once, for any seed, epoch and size", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(1000), fc.nat(300), (seed, epoch, size) => {
        const order = epochOrder({ seed, epoch, size });
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          Array.from({ length: size }, (_, i) => i),
        );
      }),
      { seed: 9, numRuns: 50 },
    );
  });

  test("visits every record once at sizes 1, 2 and 1000, and none at 0", () => {
    for (const size of [0, 1, 2, 1000]) {
      const seen = new Uint8Array(size);
      const order = epochOrder({ seed: 5, epoch: 1, size });
      assert.equal(order.length, size);
      for (const record of order) seen[record] = (seen[record] ?? 0) + 1;
      assert.ok(
        seen.every((times) => times === 1),
        `size ${size}`,
      );
    }
  });

  test("is another one for another seed or epoch, and always the same one", () => {
    const order = epochOrder({ seed: 1, epoch: 2, size: 100 });
    assert.deepEqual(epochOrder({ seed: 1, epoch: 2, size: 100 }), order);
    assert.notDeepEqual(epochOrder({ seed: 1, epoch: 3, size: 100 }), order);
    assert.notDeepEqual(epochOrder({ seed: 2, epoch: 2, size: 100 }), order);
  });

  test("does not change between versions", () => {
    assert.deepEqual(
      [...epochOrder({ seed: 42, epoch: 0, size: 10 })],
      [0, 4, 7, 2, 5, 6, 9, 8, 1, 3],
    );
  });
});
