import assert from "node:assert/strict";
import { test } from "node:test";
import { CHEST_LEXICON } from "../text/lexicons/chest.ts";
import { createFindingCheck } from "./check-finding.ts";
import { distillReport } from "./distill-report.ts";
import type { Finding } from "./record.ts";
import { rulesProvider } from "./rules-provider.ts";

test("distillReport() keeps findings in the order of the text, whatever order they come in", async () => {
  const report = "Mild edema. No effusion. Possible pneumonia.";
  const rules = rulesProvider();
  const { findings: inOrder } = await rules.distill(report);
  const distil = (findings: readonly Finding[]) =>
    distillReport(report, {
      provider: { ...rules, distill: async () => ({ findings }) },
      check: createFindingCheck(CHEST_LEXICON),
    });
  assert.equal(inOrder.length, 3);
  const { findings, context } = await distil(inOrder.toReversed());
  assert.deepEqual(findings, inOrder);
  assert.match(context, /edema\. .*effusion\. .*pneumonia\.$/);
});
