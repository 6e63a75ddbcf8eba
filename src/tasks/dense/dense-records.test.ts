import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { balancedIds, type DenseRecords } from "./dense-records.ts";

function recordsOf(positive: readonly boolean[]): Pick<DenseRecords, "ids" | "positive"> {
  return { ids: positive.map((_, i) => `r${i}`), positive };
}

describe("balancedIds()", () => {
  test("keeps every positive and draws as many negatives, the same ones for the same seed", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.nat(), (positive, seed) => {
        const records = recordsOf(positive);
        const chosen = balancedIds(records, seed);
        const found = records.ids.filter((_, i) => positive[i]);
        if (positive.length <= 2 * found.length) {
          assert.equal(chosen, undefined); // nothing to leave out
          return;
        }
        assert.equal(chosen?.size, 2 * found.length);
        assert.ok(found.every((id) => chosen?.has(id)));
        assert.deepEqual(balancedIds(records, seed), chosen);
      }),
    );
  });

  test("draws other negatives for another seed", () => {
    const records = recordsOf(Array.from({ length: 100 }, (_, i) => i < 10));
    assert.notDeepEqual(balancedIds(records, 1), balancedIds(records, 2));
  });
});
