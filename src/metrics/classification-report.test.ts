import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RandomStream } from "../util/random.ts";
import { auroc } from "./auroc.ts";
import { classificationReport } from "./classification-report.ts";
import { comparePredictions } from "./compare-predictions.ts";
import type { Figure } from "./figures.ts";
import { classColumn, lonelyGroup, type Predictions } from "./predictions.ts";
import { reportStatistics } from "./report-statistics.ts";
import { chooseThresholds } from "./thresholds.ts";

const CLASSES = ["Effusion", "Mass", "Hernia", "Device"];
const DRAWS = { seed: 1, resamples: 200 };

/** Two records a patient; Effusion is read well, Mass not at all, Hernia is never there, Device always. */
function draw(name: string, count = 80, skill = 1): Predictions {
  const stream = new RandomStream({ seed: 9, name });
  const labels: number[] = [];
  const scores: number[] = [];
  for (let i = 0; i < count; i++) {
    const effusion = stream.uniform() < 0.4 ? 1 : 0;
    const mass = i === 3 ? -1 : i % 5 === 0 ? 1 : 0;
    labels.push(effusion, mass, 0, 1);
    const read = 1 / (1 + Math.exp(-skill * (2 * effusion - 1) - stream.normal()));
    scores.push(read, stream.uniform(), stream.uniform(), stream.uniform());
  }
  return {
    ...{ task: "multi-label", classes: CLASSES },
    ids: Array.from({ length: count }, (_, i) => `r${i}`),
    groups: Array.from({ length: count }, (_, i) => `p${Math.floor(i / 2)}`),
    scores: Float32Array.from(scores),
    labels: Int8Array.from(labels),
  };
}

const pickFigure = (figure: Figure | undefined): Pick<Figure, "value" | "interval"> | undefined =>
  figure && { value: figure.value, interval: figure.interval };

function singleLabel(): Predictions {
  const rows = Array.from({ length: 30 }, (_, i) => [i % 3, (i * i) % 3] as const);
  const oneHot = (c: number, on: number, off: number): number[] =>
    [0, 1, 2].map((k) => (k === c ? on : off));
  return {
    ...{ task: "single-label", classes: ["no", "mild", "severe"] },
    ids: rows.map((_, i) => `r${i}`),
    groups: rows.map((_, i) => `r${i}`),
    scores: Float32Array.from(rows.flatMap(([, predicted]) => oneHot(predicted, 0.5, 0.25))),
    labels: Int8Array.from(rows.flatMap(([truth]) => oneHot(truth, 1, 0))),
  };
}

describe("classificationReport()", () => {
  test("has every figure, with interval and floor", async () => {
    const predictions = draw("test");
    const thresholds = chooseThresholds(draw("val"), { kind: "youden" });
    const report = await classificationReport(predictions, { ...DRAWS, thresholds });
    assert.deepEqual([report.records, report.patients], [80, 40]);
    const [effusion, mass] = report.classes;
    const { scores, labels } = classColumn(predictions, 0);
    assert.equal(effusion?.figures.auroc.value, auroc(scores, labels));
    assert.ok((effusion?.figures.auroc.value ?? 0) > 0.75);
    assert.ok((effusion?.figures.auroc.interval?.low ?? 0) > 0.5);
    assert.equal(effusion?.figures.auroc.floor, 0.5);
    assert.equal(effusion?.threshold, thresholds.get("Effusion")?.threshold);
    for (const name of ["f1", "sensitivity", "specificity", "precision"] as const) {
      const { value, interval } = effusion?.figures[name] ?? {};
      assert.ok(value != null && interval != null, name);
      assert.ok(interval.low <= value && value <= interval.high, name);
    }
    assert.deepEqual([mass?.positives, mass?.negatives, mass?.unknown], [16, 63, 1]);
    assert.equal(effusion?.figures.ece.interval, null); // a resample raises it
    assert.equal(report.decisions, null);
  });

  test("names classes that cannot be scored, and takes means over the others", async () => {
    const thresholds = chooseThresholds(draw("val"), { kind: "f1" });
    const report = await classificationReport(draw("test"), { ...DRAWS, thresholds });
    assert.deepEqual(report.unscored, [
      { name: "Hernia", reason: "it is present in none of 80 records" },
      { name: "Device", reason: "it is present in all 80 records" },
    ]);
    const [effusion, mass] = report.classes.map(({ figures }) => figures.auroc.value ?? 0);
    assert.equal(report.mean.auroc.classes, 2);
    assert.equal(report.mean.auroc.value, ((effusion ?? 0) + (mass ?? 0)) / 2);
    assert.equal(report.mean.auroc.floor, 0.5);
    assert.equal(report.classes[2]?.figures.auroc.value, null);
  });

  test("has no class that is never present or never absent in a mean that needs both", async () => {
    const thresholds = new Map(CLASSES.map((name) => [name, { threshold: 0.5 }]));
    const { classes, mean } = await classificationReport(draw("test"), { ...DRAWS, thresholds });
    for (const name of ["auroc", "averagePrecision", "f1", "precision"] as const) {
      const [effusion, mass, hernia, device] = classes.map(({ figures }) => figures[name].value);
      assert.deepEqual([hernia, device, mean[name].classes], [null, null, 2], name);
      assert.equal(mean[name].value, ((effusion ?? 0) + (mass ?? 0)) / 2, name);
    }
    assert.deepEqual([mean.sensitivity.classes, mean.specificity.classes], [3, 3]);
    assert.equal(mean.brier.classes, 4);
  });

  test("says where no threshold could be chosen", async () => {
    const val = draw("val", 6);
    const none = { ...val, labels: val.labels.map((label, i) => (i % 4 === 1 ? 0 : label)) };
    const thresholds = chooseThresholds(none, { kind: "f1" });
    const report = await classificationReport(draw("test"), { ...DRAWS, thresholds });
    const mass = report.unscored.find(({ name }) => name === "Mass");
    assert.match(mass?.reason ?? "", /no threshold could be chosen: it is never present/);
    const without = await classificationReport(draw("test"), DRAWS);
    assert.equal(without.mean.f1.value, null);
    assert.equal(without.unscored.length, 2);
  });

  test("has no interval of one patient's records, and counts the patients on each side", async () => {
    const predictions = draw("test");
    const alone = { ...predictions, groups: predictions.ids.map(() => "p") };
    const { mean, classes, patients, unscored } = await classificationReport(alone, DRAWS);
    assert.deepEqual([patients, mean.auroc.interval, mean.brier.interval], [1, null, null]);
    assert.ok(mean.auroc.value !== null);
    assert.deepEqual(
      classes.map((each) => each.positivePatients),
      [1, 1, 0, 1],
    );
    assert.deepEqual(
      unscored.map(({ name }) => name),
      ["Hernia", "Device"],
    );
    const found = await comparePredictions([{ predictions: alone }, { predictions: alone }], DRAWS);
    assert.deepEqual([found.mean.auroc.interval, found.mean.auroc.p], [null, null]);
    const [, mass] = (await classificationReport(predictions, DRAWS)).classes;
    // Every fifth record of two a patient: the sixteen positives are of sixteen patients.
    assert.deepEqual([mass?.positivePatients, mass?.negativePatients], [16, 40]);
  });

  test("says that records are drawn where no patient is known", async () => {
    const predictions = draw("test");
    const known = await classificationReport(predictions, DRAWS);
    assert.deepEqual([known.withoutPatient, known.bootstrap.by], [0, "patient"]);
    const groups = predictions.ids.map(lonelyGroup);
    const { withoutPatient, bootstrap } = await classificationReport(
      { ...predictions, groups },
      DRAWS,
    );
    assert.deepEqual([withoutPatient, bootstrap.by], [80, "record"]);
  });

  test("is the same again, and another for another seed", async () => {
    const report = await classificationReport(draw("test"), DRAWS);
    assert.deepEqual(await classificationReport(draw("test"), DRAWS), report);
    const other = await classificationReport(draw("test"), { ...DRAWS, seed: 2 });
    assert.notDeepEqual(other.mean.auroc.interval, report.mean.auroc.interval);
  });

  test("single-label: has decisions, their confusion and the majority as floor", async () => {
    const { decisions } = await classificationReport(singleLabel(), DRAWS);
    assert.deepEqual(decisions?.confusion, [
      [10, 0, 0],
      [0, 10, 0],
      [0, 10, 0],
    ]);
    assert.equal(decisions?.figures.accuracy.value, 2 / 3);
    assert.equal(decisions?.figures.accuracy.floor, 1 / 3);
    assert.ok(decisions?.figures.quadraticKappa.interval !== null);
  });

  test("stops when it is told to, and refuses what are no predictions", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(classificationReport(draw("test"), { ...DRAWS, signal }), /enough/);
    const wrong = {
      ...draw("test"),
      scores: draw("test").scores.map((s, i) => (i === 5 ? 1.5 : s)),
    };
    await assert.rejects(
      classificationReport(wrong, DRAWS),
      /record 1 \("r1"\) has the score 1.5 for "Mass", expected a probability/,
    );
  });
});

describe("comparePredictions()", () => {
  test("takes means over the classes that both sides have, and says how many", async () => {
    const better = draw("same", 80, 3);
    const worse = draw("same", 80, 0.3);
    const both = new Map(["Effusion", "Mass"].map((name) => [name, { threshold: 0.5 }]));
    const onlyOne = new Map([["Effusion", { threshold: 0.5 }]]);
    const found = await comparePredictions(
      [
        { predictions: better, thresholds: both },
        { predictions: worse, thresholds: onlyOne },
      ],
      DRAWS,
    );
    const [effusion, mass] = found.classes;
    assert.ok(mass?.figures.f1.first !== null && mass?.figures.f1.second === null);
    const { first, second, difference, interval, p, classes } = found.mean.f1;
    assert.deepEqual({ first, second, difference, interval, p }, effusion?.figures.f1);
    assert.deepEqual([classes, found.mean.auroc.classes, found.mean.brier.classes], [1, 2, 4]);
  });

  test("leaves a resample out of a mean unless it has all classes of the mean", async () => {
    const rare = draw("rare");
    // Mass is present in one record only, which a third of the resamples by patient do not draw.
    const labels = rare.labels.map((label, i) => (i % 4 === 1 ? Number(i === 1) : label));
    const predictions = { ...rare, labels };
    const { mean } = await classificationReport(predictions, DRAWS);
    assert.equal(mean.auroc.classes, 2);
    assert.ok(mean.auroc.leftOut > 50 && mean.auroc.leftOut < 100, `${mean.auroc.leftOut}`);
    assert.equal(mean.brier.leftOut, 0);
    const statistics = reportStatistics([{ predictions }]);
    assert.deepEqual(statistics.meanClasses.auroc, [0, 1]);
    const [without] = statistics.of(predictions.ids.map((_, i) => Number(i !== 0)));
    assert.equal(without?.get("mean/auroc"), undefined);
    assert.ok(without?.get("class/0/auroc") !== undefined);
    const compared = await comparePredictions([{ predictions }, { predictions }], DRAWS);
    assert.ok(compared.mean.auroc.leftOut > 50);
    assert.equal(compared.mean.auroc.difference, 0);
  });

  test("takes classes that few records have out of means, and nothing else", async () => {
    const drawn = draw("rare");
    const labels = drawn.labels.map((label, i) => (i % 4 === 1 ? Number(i === 1) : label));
    const predictions = { ...drawn, labels };
    const all = await classificationReport(predictions, DRAWS);
    const report = await classificationReport(predictions, { ...DRAWS, minPositives: 2 });
    const [effusion] = report.classes;
    const { value, interval } = report.mean.auroc;
    assert.deepEqual({ value, interval }, pickFigure(effusion?.figures.auroc));
    assert.deepEqual([report.mean.auroc.classes, report.mean.auroc.leftOut], [1, 0]);
    assert.deepEqual(report.mean.brier.classes, 2); // the device, which all have, has a Brier score
    assert.deepEqual(report.classes, all.classes);
    assert.deepEqual([all.minPositives, report.minPositives], [0, 2]);
    const sides = [{ predictions }, { predictions }] as const;
    const compared = await comparePredictions(sides, { ...DRAWS, minPositives: 2 });
    assert.deepEqual([compared.mean.auroc.classes, compared.mean.auroc.leftOut], [1, 0]);
    assert.equal(compared.minPositives, 2);
  });

  test("finds the better of two, by what both see", async () => {
    const better = draw("same", 80, 3);
    const worse = draw("same", 80, 0.3);
    const found = await comparePredictions(
      [{ predictions: better }, { predictions: worse }],
      DRAWS,
    );
    const [effusion, mass, hernia] = found.classes;
    assert.ok((effusion?.figures.auroc.difference ?? 0) > 0.1);
    assert.ok((effusion?.figures.auroc.interval?.low ?? 0) > 0);
    assert.ok((effusion?.figures.auroc.p ?? 1) <= 2 / 201);
    assert.ok((effusion?.deLong?.p ?? 1) < 0.01);
    assert.equal(mass?.figures.auroc.difference, 0);
    assert.equal(mass?.figures.auroc.p, 1);
    assert.equal(hernia?.figures.auroc.difference, null);
    assert.equal(hernia?.deLong, null);
    assert.equal(found.decisions, null);
  });

  test("compares decisions of single-label predictions", async () => {
    const first = singleLabel();
    const second = { ...first, scores: first.scores.toReversed() };
    const found = await comparePredictions(
      [{ predictions: first }, { predictions: second }],
      DRAWS,
    );
    const { accuracy } = found.decisions ?? {};
    assert.ok(accuracy?.first != null && accuracy.second != null);
    assert.equal(accuracy.difference, accuracy.first - accuracy.second);
  });

  test("refuses what is not of the same records", async () => {
    const first = draw("test");
    const refuses = (second: Predictions, reason: RegExp): Promise<void> =>
      assert.rejects(
        comparePredictions([{ predictions: first }, { predictions: second }], DRAWS),
        reason,
      );
    await refuses(singleLabel(), /the first is multi-label, the second single-label/);
    await refuses(draw("test", 40), /the first has 80 records, the second 40, and 40 are common/);
    await refuses({ ...first, ids: first.ids.toReversed() }, /80 are common, in another order/);
    await refuses(
      { ...first, classes: ["a", "b", "c", "d"] },
      /4 classes, and 0 are common|the second 4, and 0 are common/,
    );
    await refuses(
      { ...first, labels: first.labels.map((label, i) => (i === 8 ? 1 - label : label)) },
      /the label of record "r2" is not the same in both/,
    );
  });
});
