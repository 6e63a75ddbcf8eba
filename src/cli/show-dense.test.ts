import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { boxFigures } from "../metrics/box-figures.ts";
import { denseReport } from "../metrics/dense-report.ts";
import { maskFigures } from "../metrics/mask-figures.ts";
import type { DenseEvaluation } from "../tasks/dense/evaluate.ts";
import { describeDense } from "./show-dense.ts";

const OPTIONS = { seed: 1, resamples: 20 };
const IDS = ["a", "b", "c"];
const RECORDS = { ids: IDS, groups: IDS };

const FROM: Omit<DenseEvaluation<never>, "task" | "classes" | "report"> = {
  ...{ smallBelow: 0.01, split: "test", model: "m", modelSha256: "0", dataset: "sets/a" },
  ...{ datasetSha256: "0", leaks: false, leakReasons: [], warnings: [] },
  ...{ folder: "runs/a/evaluation/test", pictures: undefined },
  leakReport: { leaks: false, shared: [], withoutPatient: 0, readImages: false },
};

/** What is printed of masks of one class, of which so many pixels are true. */
async function ofMasks(truePixels: readonly number[]): Promise<string> {
  const scores = truePixels.map((pixels) => ({
    ...{ dice: 0.5, iou: 0.4, hd95: 3, truePixels: pixels, predictedPixels: 20 },
  }));
  const figures = maskFigures({
    ...RECORDS,
    ...{ classes: ["Lungs"], scores: [scores], smallBelow: 5 },
  });
  const report = await denseReport(figures, OPTIONS);
  const evaluation: DenseEvaluation<(typeof figures.names)[number]> = {
    ...FROM,
    ...{ task: "segment", classes: ["Lungs"], report },
  };
  return describeDense(evaluation);
}

/** What is printed of boxes of these classes: each stands in every record, and is found. */
async function ofBoxes(classes: readonly string[]): Promise<string> {
  const labels = classes.map((_, label) => label);
  const boxes = labels.flatMap((label) => [10 * label, 0, 10 * label + 8, 8]);
  const image = {
    found: { boxes, labels, scores: labels.map(() => 0.9) },
    truth: { boxes, labels },
  };
  const images = IDS.map(() => image);
  const report = await denseReport(boxFigures({ ...RECORDS, classes, images }, {}), OPTIONS);
  return describeDense({ ...FROM, ...{ task: "detect", classes, report } });
}

describe("describeDense()", () => {
  test("explains floors where there is a column of them, and nowhere else", async () => {
    const some = await ofMasks([40, 0, 40]);
    assert.match(some, /^ +with +Dice +floor +Dice, positives/m);
    assert.match(some, /^ {2}floor: what predicting nothing gets$/m);
    assert.doesNotMatch(await ofMasks([40, 40, 40]), /floor/);
    assert.doesNotMatch(await ofBoxes(["Nodule"]), /floor/);
  });

  test("says what HD95 makes of an empty prediction", async () => {
    assert.match(
      await ofMasks([40, 40, 40]),
      /^ {2}HD95: an empty prediction there has the image's diagonal, and is in the mean$/m,
    );
    assert.doesNotMatch(await ofBoxes(["Nodule"]), /HD95/);
  });

  test("says how figures of all classes come about where there are several", async () => {
    const several = await ofBoxes(["Nodule", "Mass"]);
    assert.match(several, /^ {2}all +1\.000 /m);
    assert.match(several, /^ {2}filtered, all: what is left out has no true box, or no detection/m);
    assert.match(several, /^ {2}FROC, all: the classes share one threshold and so many false al/m);
    assert.doesNotMatch(await ofBoxes(["Nodule"]), /, all:/);
  });
});
