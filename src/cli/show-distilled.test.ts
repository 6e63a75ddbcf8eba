import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DistilledRecord, Finding } from "../distill/record.ts";
import { describeCase } from "./show-distilled.ts";

const recordOf = (context: string, findings: readonly Finding[] = []): DistilledRecord => ({
  ...{ id: "1", context, findings, provider: "rules", model: "chest" },
  ...{ promptHash: "", reportHash: "", time: "" },
});

describe("describeCase()", () => {
  test("cuts no character in two", () => {
    for (const columns of [20, 21, 22, 23]) {
      const text = "\u{1f9b4}".repeat(40);
      const shown = describeCase(text, recordOf(text), { columns, hasColor: false });
      assert.doesNotMatch(shown, /\p{Surrogate}/u, `${columns}`);
      assert.equal(shown.match(/\u{1f9b4}/gu)?.length, 80);
    }
  });

  test("colours each finding's evidence by its status", () => {
    const finding = { label: null, entity: "x" } as const;
    const findings: readonly Finding[] = [
      { ...finding, status: "present", evidence: [0, 5] },
      { ...finding, status: "absent", evidence: [10, 18] },
    ];
    const shown = describeCase("Edema. No effusion.", recordOf("", findings), {
      ...{ columns: 60, hasColor: true },
    });
    assert.ok(shown.includes("\u001b[31mEdema\u001b[0m. No \u001b[32meffusion\u001b[0m."), shown);
  });
});
