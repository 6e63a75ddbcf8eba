import assert from "node:assert/strict";
import { test } from "node:test";
import { columnNote, FIDELITY, fidelityColumn, unavailableSwitches } from "./fidelity.ts";

test("FIDELITY lists both columns' values among those it knows, and has a reason for each row", () => {
  for (const [key, row] of Object.entries(FIDELITY)) {
    const values: readonly (string | boolean)[] = row.values;
    assert.ok(values.includes(row.published), key);
    assert.ok(values.includes(row.corrected), key);
    assert.notEqual(row.published, row.corrected, key);
    assert.ok(
      row.available.every((value: string | boolean) => values.includes(value)),
      key,
    );
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

test("fidelityColumn() keeps the first value of a switch whose second is not computed, and columnNote() says so", () => {
  const column = fidelityColumn("corrected");
  assert.deepEqual(unavailableSwitches(column), []);
  assert.deepEqual(column, {
    "entities.match": "lemma",
    "masking.descriptors": "always",
    "mlm.positions": "masked",
    "mlm.templates": "list",
    "report.split": "sentence",
    "window.frame": "original",
    "superRes.finalRelu": false,
    "pixelLoss.mean": "counted",
    positionTable: "mae",
    "mlm.tiedDecoder": true,
    "schedule.cosineEnd": "epochs",
    flip: "none",
    "image.sixteenBit": "range",
  });
  const withheld = "window.frame (original)";
  assert.ok(columnNote("corrected")?.endsWith(`keep their published value: ${withheld}`));
  assert.equal(columnNote("published"), undefined);
});

test("unavailableSwitches() is silent on the first column and names what is not computed", () => {
  const column = fidelityColumn("published");
  assert.deepEqual(unavailableSwitches(column), []);
  assert.deepEqual(unavailableSwitches({ ...column, "window.frame": "augmented" }), [
    'fidelity.window.frame is "augmented", and this version computes only "original"',
  ]);
});
