import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";
import { createFindingCheck } from "./check-finding.ts";
import type { Finding } from "./record.ts";

const REPORT = "Indication: edema. Findings: Mild left pleural effusion. Heart size is normal.";
const reasonFor = createFindingCheck(CHEST_LEXICON)(REPORT);

/** A finding whose evidence is a quotation. */
function finding(quote: string, parts: Partial<Finding> = {}): Finding {
  const start = REPORT.indexOf(quote);
  return {
    entity: "effusion",
    label: "Pleural_Effusion",
    status: "present",
    evidence: [start, start + quote.length],
    ...parts,
  };
}

describe("createFindingCheck()", () => {
  test("keeps what the report says", () => {
    assert.equal(
      reasonFor(finding("left pleural effusion", { side: "left", severity: "mild" })),
      undefined,
    );
    const normal = { entity: "cardiomegaly", label: "Cardiomegaly", status: "absent" } as const;
    assert.equal(reasonFor(finding("Heart size is normal", normal)), undefined);
  });

  test("rejects what it does not say", () => {
    const cases: readonly (readonly [Finding, string])[] = [
      [finding("effusion", { entity: "unicorn" }), "unknown-entity"],
      [finding("effusion", { label: "Edema" }), "wrong-label"],
      [finding("effusion", { evidence: [40, 40] }), "no-evidence"],
      [finding("effusion", { evidence: [40, 4000] }), "no-evidence"],
      [finding("edema", { entity: "edema", label: "Edema" }), "evidence-elsewhere"],
      [finding("Heart size"), "evidence-of-another"],
      [finding("effusion", { side: "right" }), "unsaid-detail"],
      [finding("effusion", { location: "lower lobe" }), "unsaid-detail"],
      [finding("effusion", { severity: "large" }), "unsaid-detail"],
      [finding("effusion", { change: "new" }), "unsaid-detail"],
    ];
    for (const [one, reason] of cases) assert.equal(reasonFor(one), reason);
  });

  test("takes a detail as the sentence has it, in one piece and in whole words", () => {
    const report = "Upper zone scarring and a left lower lobe opacity, mildly improved.";
    const check = createFindingCheck(CHEST_LEXICON)(report);
    const start = report.indexOf("opacity");
    const opacity: Finding = {
      ...{ entity: "opacity", label: "Lung_Opacity", status: "present" },
      evidence: [start, start + "opacity".length],
    };
    const said: readonly Partial<Finding>[] = [
      {},
      { location: "lower lobe", side: "left" },
      { location: "upper zone" },
      { severity: "mild" },
      { severity: "mildly" },
      { change: "decreased" },
    ];
    for (const parts of said) assert.equal(check({ ...opacity, ...parts }), undefined);
    const unsaid: readonly Partial<Finding>[] = [
      { location: "upper lobe" },
      { location: "zone lower" },
      { location: "lobe upper" },
      { location: "l" },
      { location: "low" },
      { severity: "le" },
      { severity: "m" },
      { severity: "upper zone" },
      { severity: "moderate" },
      { side: "right" },
    ];
    for (const parts of unsaid) {
      assert.equal(check({ ...opacity, ...parts }), "unsaid-detail", JSON.stringify(parts));
    }
  });

  test("takes a side out of the middle of a place", () => {
    const report = "Opacity of the upper left lobe.";
    const check = createFindingCheck(CHEST_LEXICON)(report);
    const opacity: Finding = {
      ...{ entity: "opacity", label: "Lung_Opacity", status: "present" },
      ...{ side: "left", location: "upper lobe", evidence: [0, 7] },
    };
    assert.equal(check(opacity), undefined);
  });
});
