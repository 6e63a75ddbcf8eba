import assert from "node:assert/strict";
import { test } from "node:test";
import { countLabels } from "./known-labels.ts";

test("countLabels() counts what is known", () => {
  const labels = Int8Array.of(1, -1, 0, 1);
  assert.deepEqual(countLabels(labels), { positives: 2, negatives: 1 });
  assert.deepEqual(countLabels(labels, [0, 1]), { positives: 1, negatives: 0 });
});
