import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decide, decisionFigures } from "./decisions.ts";
import { eachOnce } from "./ranking.ts";
import { chooseThreshold, chooseThresholds, type ThresholdRule } from "./thresholds.ts";

const samples = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 2,
    maxLength: 40,
  })
  .filter((pairs) => new Set(pairs.map(([, label]) => label)).size === 2)
  .map((pairs) => ({
    scores: Float32Array.from(pairs, ([score]) => score / 8),
    labels: Int8Array.from(pairs, ([, label]) => label),
  }));

/** What a rule wants at a threshold. */
function merit(
  column: { readonly scores: Float32Array; readonly labels: Int8Array },
  threshold: number,
  rule: ThresholdRule,
): number {
  const figures = decisionFigures(decide(column, threshold, eachOnce(column.labels.length)));
  const { sensitivity = 0, specificity = 0, f1 = 0 } = figures;
  if (rule.kind === "f1") return f1;
  if (rule.kind === "youden") return sensitivity + specificity;
  return sensitivity >= rule.at ? specificity : -1;
}

describe("chooseThreshold()", () => {
  const rules: readonly ThresholdRule[] = [
    { kind: "youden" },
    { kind: "f1" },
    { kind: "sensitivity", at: 0.8 },
  ];
  for (const rule of rules) {
    test(`is as good as any score by the rule ${rule.kind}, and the highest of those`, () => {
      fc.assert(
        fc.property(samples, (column) => {
          const { threshold } = chooseThreshold(column.scores, column.labels, rule);
          assert.ok(threshold !== undefined);
          const reached = merit(column, threshold, rule);
          for (const other of new Set(column.scores)) {
            const found = merit(column, other, rule);
            assert.ok(other > threshold ? found < reached + 1e-12 : found <= reached + 1e-12);
            if (other > threshold) assert.ok(found < reached + 1e-12);
          }
        }),
        { numRuns: 300, seed: 6 },
      );
    });
  }

  test("says why there is none, and leaves unknown labels out", () => {
    assert.deepEqual(chooseThreshold([0.1, 0.2], [0, 0], { kind: "f1" }), {
      threshold: undefined,
      reason: "it is never present where thresholds are chosen",
    });
    assert.deepEqual(chooseThreshold([0.1, 0.2], [1, -1], { kind: "f1" }), {
      threshold: undefined,
      reason: "it is never absent where thresholds are chosen",
    });
    const { threshold } = chooseThreshold([0.1, 0.9, 0.4], [0, -1, 1], { kind: "youden" });
    assert.equal(threshold, 0.4);
  });
});

test("chooseThresholds() chooses for every class", () => {
  const chosen = chooseThresholds(
    {
      ...{ task: "multi-label", classes: ["a", "b"], ids: ["1", "2"], groups: ["1", "2"] },
      scores: Float32Array.of(0.25, 0.5, 0.75, 0.125),
      labels: Int8Array.of(0, 1, 1, 1),
    },
    { kind: "youden" },
  );
  assert.equal(chosen.get("a")?.threshold, 0.75);
  assert.equal(chosen.get("b")?.threshold, undefined);
  assert.throws(
    () =>
      chooseThresholds(
        {
          task: "multi-label",
          classes: [],
          ids: [],
          groups: [],
          scores: new Float32Array(),
          labels: new Int8Array(),
        },
        { kind: "sensitivity", at: 90 },
      ),
    /for a sensitivity of 90: a number above 0, at most 1, expected/,
  );
});
