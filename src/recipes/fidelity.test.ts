import assert from "node:assert/strict";
import { test } from "node:test";
import { FIDELITY, fidelityColumn } from "./fidelity.ts";

test("FIDELITY lists both columns' values among those it knows, and has a reason for each row", () => {
  for (const [key, row] of Object.entries(FIDELITY)) {
    const values: readonly (string | boolean)[] = row.values;
    assert.ok(values.includes(row.published), key);
    assert.ok(values.includes(row.corrected), key);
    assert.notEqual(row.published, row.corrected, key);
    assert.ok(row.reason.length > 10, key);
  }
});

test("fidelityColumn() holds the switches of pre-training and no others", () => {
  const column = fidelityColumn("published");
  assert.equal(column["mlm.positions"], "all");
  assert.equal(column["image.sixteenBit"], "clip");
  assert.equal("probe.backbone" in column, false);
  assert.equal(fidelityColumn("corrected").flip, "none");
});

test("fidelityColumn() gives the second value of every switch of pre-training", () => {
  assert.deepEqual(fidelityColumn("corrected"), {
    "entities.match": "lemma",
    "masking.descriptors": "always",
    "mlm.positions": "masked",
    "mlm.templates": "list",
    "report.split": "sentence",
    "window.frame": "augmented",
    "superRes.finalRelu": false,
    "pixelLoss.mean": "counted",
    positionTable: "mae",
    "mlm.tiedDecoder": true,
    "schedule.cosineEnd": "epochs",
    flip: "none",
    "image.sixteenBit": "range",
  });
});
