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
});
