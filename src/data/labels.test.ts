import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { labelsOf } from "./labels.ts";

const CLASSES = ["Edema", "Mass", "Nodule"];
const MULTI = { classes: CLASSES, task: "multi-label", uncertain: "ignore" } as const;

describe("labelsOf()", () => {
  test("knows presence, absence, uncertainty and silence apart", () => {
    const record = { labels: { Edema: 1, Mass: -1, Other: 1 } } as const;
    assert.deepEqual(labelsOf(record, MULTI), [1, -1, -1]);
    assert.deepEqual(labelsOf(record, { ...MULTI, uncertain: "zeros" }), [1, 0, -1]);
    assert.deepEqual(labelsOf(record, { ...MULTI, uncertain: "ones" }), [1, 1, -1]);
    assert.deepEqual(labelsOf({}, MULTI), [-1, -1, -1]);
  });

  test("takes a record's one class as saying something of every class", () => {
    for (const task of ["multi-label", "single-label"] as const) {
      assert.deepEqual(labelsOf({ class: "Mass" }, { ...MULTI, task }), [0, 1, 0]);
    }
    const both = { class: "Mass", labels: { Edema: 1 } } as const;
    assert.deepEqual(labelsOf(both, MULTI), [1, 1, 0]);
    assert.deepEqual(labelsOf(both, { ...MULTI, task: "single-label" }), [0, 1, 0]);
    assert.deepEqual(labelsOf({}, { ...MULTI, task: "single-label" }), [-1, -1, -1]);
  });

  test("refuses a class that nobody named", () => {
    assert.throws(() => labelsOf({ class: "mass" }, MULTI), {
      name: "ManifestError",
      message:
        'its class is "mass", expected one of the 3 that dataset.json names (Edema, Mass, Nodule)',
    });
    assert.throws(
      () => labelsOf({ class: "mass" }, { ...MULTI, namedBy: 'the classifier "a"' }),
      /expected one of the 3 that the classifier "a" names/,
    );
  });
});
