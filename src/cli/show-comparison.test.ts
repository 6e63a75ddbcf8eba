import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Comparison, comparePredictions } from "../metrics/compare-predictions.ts";
import { lonelyGroup, type Predictions } from "../metrics/predictions.ts";
import type { EvaluationComparison } from "../tasks/evaluation/compare-evaluations.ts";
import { RandomStream } from "../util/random.ts";
import { describeComparison } from "./show-comparison.ts";

/** Sixty records of thirty patients and two classes, of which the second is seen by one side only. */
function draw(skill: number): Predictions {
  const stream = new RandomStream({ seed: 8, name: "compare" });
  const ids = Array.from({ length: 60 }, (_, i) => `r${i}`);
  const labels = Int8Array.from({ length: 120 }, () => Number(stream.uniform() < 0.4));
  return {
    ...{ task: "multi-label", classes: ["Edema", "Mass"], ids, labels },
    groups: ids.map((_, i) => `p${i >> 1}`),
    scores: Float32Array.from(labels, (label) => (skill * label + stream.uniform()) / (1 + skill)),
  };
}

const shown = (
  comparison: Comparison,
  reasons: readonly [readonly string[], readonly string[]] = [[], []],
): string => {
  const side = (model: string, leakReasons: readonly string[]): EvaluationComparison["first"] => ({
    ...{ model, modelSha256: "", dataset: "set", datasetSha256: "", split: "test" },
    ...{ uncertain: "ignore", leaks: leakReasons.length > 0, leakReasons, warnings: [] },
  });
  return describeComparison({
    first: side("a.safetensors", reasons[0]),
    second: side("b.safetensors", reasons[1]),
    comparison,
  });
};

const DRAWS = { seed: 1, resamples: 100 };

describe("describeComparison()", () => {
  test("prints both sides, their difference, p and what means are over", async () => {
    const [first, second] = [draw(0.5), draw(0)];
    const thresholds = new Map([["Edema", { threshold: 0.5 }]]);
    const comparison = await comparePredictions(
      [
        { predictions: first, thresholds: new Map([...thresholds, ["Mass", { threshold: 0.5 }]]) },
        { predictions: second, thresholds },
      ],
      DRAWS,
    );
    const text = shown(comparison);
    assert.match(text, /^A a\.safetensors\nB b\.safetensors\n/);
    assert.match(text, /on split test of set: 60 records of 30 patients\n/);
    assert.match(text, /95 % of 100 resamples of patients \(seed 1\), the same for both/);
    const row = String.raw`0\.\d{3} +0\.\d{3} +\+0\.\d{3} \[[+−]0\.\d{3}, \+0\.\d{3}\] +0\.\d{3}`;
    assert.match(text, new RegExp(String.raw`mean AUROC of 2 +${row}\n`));
    assert.match(text, /mean F1 of 1 /);
    assert.match(text, new RegExp(String.raw`AUROC Mass +${row} +<?0\.\d{3}\n`));
    assert.match(text, /means are over the classes that both sides have\n/);
    assert.match(text, /DeLong's test takes a patient's records as independent/);
    assert.doesNotMatch(text, /LEAK|leaves out/);
  });

  test("says which side leaks, and where there is nothing to draw", async () => {
    const alone = { ...draw(0.5), groups: draw(0.5).ids.map(() => "p") };
    const found = await comparePredictions([{ predictions: alone }, { predictions: alone }], DRAWS);
    const text = shown(found, [[], ["9 patients stand in both train and test"]]);
    assert.match(text, /\n {2}LEAK, B: 9 patients stand in both train and test\n/);
    assert.doesNotMatch(text, /LEAK, A/);
    assert.match(text, /no interval and no p: there is only one patient to draw/);
    assert.match(text, /mean AUROC of 2 +0\.\d{3} +0\.\d{3} +\+0\.000 +–\n/);
  });

  test("says that records are drawn where no patient is known, and what means leave out", async () => {
    const drawn = draw(0.5);
    const labels = drawn.labels.map((label, at) => (at % 2 === 1 ? Number(at === 1) : label));
    const predictions = { ...drawn, labels, groups: drawn.ids.map(lonelyGroup) };
    const text = shown(await comparePredictions([{ predictions }, { predictions }], DRAWS));
    assert.match(text, /60 records, no patients known: intervals are by record\n/);
    assert.match(text, /resamples of records/);
    assert.match(text, /the mean AUROC leaves out \d\d of 100 resamples/);
    const options = { ...DRAWS, minPositives: 2 };
    const common = shown(await comparePredictions([{ predictions }, { predictions }], options));
    assert.doesNotMatch(common, /leaves out/);
    assert.match(common, /left out of means, present in fewer than 2 records: /);
    assert.match(text, /p is not adjusted for the number of rows\n/);
  });
});
