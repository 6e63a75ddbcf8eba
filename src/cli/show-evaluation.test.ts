import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { classificationReport } from "../metrics/classification-report.ts";
import { lonelyGroup, type Predictions } from "../metrics/predictions.ts";
import type { Evaluation } from "../tasks/classify/evaluate.ts";
import { RandomStream } from "../util/random.ts";
import { describeEvaluation } from "./show-evaluation.ts";

const CLASSES = ["Pleural_Thickening", "Effusion", "Hernia"];

/** 240 records of 80 patients; Hernia is never there, Effusion not known of one record. */
function draw(): Predictions {
  const stream = new RandomStream({ seed: 4, name: "show" });
  const ids = Array.from({ length: 240 }, (_, i) => `r${i}`);
  const labels = ids.flatMap((_, i) => [
    Number(stream.uniform() < 0.3),
    i === 0 ? -1 : Number(stream.uniform() < 0.2),
    0,
  ]);
  return {
    ...{ task: "multi-label", classes: CLASSES, ids, labels: Int8Array.from(labels) },
    groups: ids.map((_, i) => `p${i % 80}`),
    // Scores of Pleural_Thickening are the wrong way round: its figures lie below their floors.
    scores: Float32Array.from(labels, (label, at) =>
      at % 3 === 0 ? 0.7 - 0.5 * label + 0.1 * stream.uniform() : stream.uniform(),
    ),
  };
}

async function shown(
  predictions: Predictions,
  changes: Partial<Evaluation> & {
    readonly threshold?: number;
    readonly minPositives?: number;
  } = {},
): Promise<string> {
  const { threshold, minPositives = 0, ...from } = changes;
  const thresholds = new Map(
    predictions.classes.map((name) => [name, { threshold: threshold ?? 0.5 }]),
  );
  const report = await classificationReport(predictions, {
    ...{ seed: 1, resamples: 100, minPositives },
    ...(threshold !== undefined && { thresholds }),
  });
  return describeEvaluation({
    ...{ model: "run/best/model.safetensors", modelSha256: "", dataset: "set", datasetSha256: "" },
    ...{ split: "test", uncertain: "ignore", leaks: false, leakReasons: [], warnings: [] },
    ...{ thresholdRule: null, folder: "run/evaluation/test", report },
    leakReport: { leaks: false, shared: [], withoutPatient: 0, readImages: false },
    ...from,
  });
}

const rowOf = (text: string, table: RegExp, name: string): string => {
  const lines = text.split("\n");
  const head = lines.findIndex((line) => table.test(line));
  return lines.slice(head).find((line) => line.trimStart().startsWith(name)) ?? "";
};

describe("describeEvaluation()", () => {
  test("prints ranking, decisions at thresholds and calibration of each class in 100 columns", async () => {
    const text = await shown(draw(), { threshold: 0.5 });
    assert.match(text, /on split test of set: 240 records of 80 patients\n/);
    assert.match(text, /intervals: 95 % of 100 resamples of patients, seed 1; floor: /);
    for (const line of text.split("\n")) assert.ok(line.length <= 100, `${line.length}: ${line}`);
    const figure = String.raw`\d\.\d{3}`;
    const interval = String.raw`${figure} \[${figure}, ${figure}\]`;
    assert.match(
      rowOf(text, /AUROC +floor +average precision +floor$/, "Effusion"),
      new RegExp(String.raw`^  Effusion +\d+ of 239 +${interval} +0\.50 +${interval} +0\.\d\d$`),
    );
    const decided = /at +sensitivity +specificity +precision +floor +F1 +floor +balanced$/;
    assert.match(
      rowOf(text, decided, "Effusion"),
      new RegExp(
        String.raw`^  Effusion +0\.50 +${figure} +${figure} +${figure} +0\.\d\d +${figure} +0\.\d\d +${figure}$`,
      ),
    );
    assert.match(rowOf(text, decided, "Hernia"), /^ {2}Hernia +0\.50 +– +0\.\d{3}(?: +–){5}$/);
    assert.match(rowOf(text, decided, "mean of"), /^ {2}mean of 2 /);
    assert.match(
      rowOf(text, /Brier score +floor +ECE$/, "Effusion"),
      new RegExp(String.raw`^  Effusion +239 +${interval} +0\.\d\d +${figure}$`),
    );
    assert.match(text, /not scored in full: Hernia: it is present in none of 240 records/);
    assert.match(text, /labels not known, and left out: Effusion 1/);
    assert.doesNotMatch(text, /[<>]/); // a floor above the figure is no bound of it
  });

  test("says what leaks, what else is to be known, and that there are no thresholds", async () => {
    const text = await shown(draw(), {
      ...{ leaks: true, leakReasons: ["9 patients stand in both"], warnings: ["val is gone"] },
    });
    assert.match(text, /\n {2}LEAK: 9 patients stand in both\n {2}warning: val is gone\n/);
    assert.match(text, /\n {2}no thresholds\n/);
  });

  test("counts patients, not records, where it warns of few", async () => {
    const predictions = draw();
    // Of 48 records that show an effusion all are of five patients.
    const labels = predictions.labels.map((label, at) =>
      at % 3 === 1 ? Number(Math.floor(at / 3) % 80 < 5) : label,
    );
    const text = await shown({ ...predictions, labels });
    assert.match(text, /present or absent in fewer than 10 patients, .*too narrow: Effusion$/m);
    const groups = predictions.ids.map(lonelyGroup);
    const unknown = await shown({ ...predictions, labels, groups });
    assert.match(unknown, /240 records, no patients known: intervals are by record\n/);
    assert.match(unknown, /100 resamples of records/);
    assert.doesNotMatch(unknown, /too narrow/);
    const half = predictions.groups.map((group, i) => (i < 120 ? group : lonelyGroup(`r${i}`)));
    const partly = await shown({ ...predictions, groups: half });
    assert.match(partly, /240 records of 80 patients, 120 of unknown ones, which are drawn alone/);
  });

  test("says that one patient has no intervals, and how many resamples a mean leaves out", async () => {
    const predictions = draw();
    const one = await shown({ ...predictions, groups: predictions.ids.map(() => "p") });
    assert.match(one, /no intervals: there is only one patient to draw/);
    const labels = predictions.labels.map((label, at) => (at % 3 === 1 ? Number(at === 1) : label));
    const rare = await shown({ ...predictions, labels });
    assert.match(rare, /the mean AUROC leaves out \d\d of 100 resamples, which do not have all/);
    const common = await shown({ ...predictions, labels }, { minPositives: 2 });
    assert.doesNotMatch(common, /leaves out/);
    assert.match(common, /left out of means, present in fewer than 2 records: Effusion, Hernia/);
  });

  test("single-label: prints the decisions, with floors in words", async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `r${i}`);
    const oneHot = (c: number, on: number): number[] => [0, 1].map((k) => (k === c ? on : 1 - on));
    const text = await shown(
      {
        ...{ task: "single-label", classes: ["no", "yes"], ids, groups: ids },
        scores: Float32Array.from(ids.flatMap((_, i) => oneHot(i % 2, 0.75))),
        labels: Int8Array.from(ids.flatMap((_, i) => oneHot(i % 3 === 0 ? 1 : 0, 1))),
      },
      { threshold: 0.5 },
    );
    assert.match(text, /accuracy 0\.500 \[0\.\d{3}, 0\.\d{3}\], floor 0\.67; balanced 0\.500/);
    assert.match(text, /of all classes together: Brier score 0\.\d{3} .*, floor 0\.44, ECE/);
    assert.match(text, /truth \\ decided {2}no {2}yes\n/);
    assert.doesNotMatch(text, /sensitivity/);
  });
});
