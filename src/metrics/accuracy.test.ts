import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracy, confusionMatrix } from "./accuracy.ts";

test("accuracy() is the share of equal entries, undefined of nothing", () => {
  assert.equal(accuracy([1, 0, 2, 2], [1, 1, 2, 0]), 0.5);
  assert.equal(accuracy([], []), undefined);
  assert.throws(() => accuracy([1], []), /of 1 predictions and 0 labels: expected one label/);
});

test("confusionMatrix() counts the classes that occur on either side", () => {
  assert.deepEqual(confusionMatrix([0, 4, 0, 10], [0, 0, 4, 10]), {
    classes: [0, 4, 10],
    counts: [
      [1, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ],
  });
  assert.deepEqual(confusionMatrix([], []), { classes: [], counts: [] });
  assert.throws(() => confusionMatrix([], [1]), /of 0 predictions and 1 labels/);
});
