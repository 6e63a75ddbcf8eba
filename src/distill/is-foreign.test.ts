import assert from "node:assert/strict";
import { test } from "node:test";
import { isForeign } from "./is-foreign.ts";

test("isForeign: German, French, Spanish, Dutch, Chinese, Arabic and Russian are", () => {
  for (const report of [
    "Kein Pneumothorax. Keine Pneumonie.",
    "Das Herz ist normal groß, keine Ergüsse.",
    "Pas de pneumothorax. Absence de consolidation.",
    "Sin derrame pleural. No se observa consolidación en el pulmón derecho.",
    "Geen pneumothorax, niet vergroot hart.",
    "两肺未见明显异常。",
    "لا يوجد استرواح الصدر",
    "Очаговых теней нет.",
  ]) {
    assert.ok(isForeign(report), report);
  }
});

test("isForeign: English is not, with names, Greek letters and telegrams in it", () => {
  for (const report of [
    "",
    "   ",
    "XXXX XXXX.",
    "Cardiomegaly.",
    "Clear lungs, α-1 antitrypsin deficiency.",
    "No pneumothorax. The lungs are clear.",
    "Dr. van der Berg saw a nodule of the right lung.",
    "Port-a-cath en place; there is no effusion.",
  ]) {
    assert.ok(!isForeign(report), report);
  }
});
