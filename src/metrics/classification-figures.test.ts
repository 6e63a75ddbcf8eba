import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { agreementFigures, confusionCounts } from "./agreement.ts";
import { auroc } from "./auroc.ts";
import { averagePrecision } from "./average-precision.ts";
import { brierScore, expectedCalibrationError } from "./calibration.ts";
import { classFloors, classStatistics } from "./class-figures.ts";
import { decisionFloors, decisionStatistics } from "./decision-statistics.ts";
import { decide, decisionFigures } from "./decisions.ts";
import type { Predictions } from "./predictions.ts";
import { eachOnce } from "./ranking.ts";

interface BinaryCase extends Readonly<Record<string, unknown>> {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly threshold: number;
}
interface SingleCase extends Readonly<Record<string, unknown>> {
  readonly classes: number;
  readonly scores: readonly number[];
  readonly truth: readonly number[];
  readonly confusion: readonly (readonly number[])[];
}
/** Figures that scikit-learn computed of drawn scores. */
const recorded: {
  readonly binary: readonly BinaryCase[];
  readonly single: readonly SingleCase[];
} = JSON.parse(
  readFileSync(new URL("../../test/fixtures/classification-figures.json", import.meta.url), "utf8"),
);

function assertNear(got: number | undefined, expected: unknown, name: string): void {
  assert.ok(typeof expected === "number", name);
  assert.ok(Math.abs((got ?? Number.NaN) - expected) < 1e-12, `${name}: ${got}, not ${expected}`);
}

function columnOf({ scores, labels }: BinaryCase): {
  readonly scores: Float32Array;
  readonly labels: Int8Array;
} {
  return { scores: Float32Array.from(scores), labels: Int8Array.from(labels) };
}

describe("figures of one class", () => {
  test("are scikit-learn's", () => {
    for (const expected of recorded.binary) {
      const { scores, labels, threshold } = expected;
      const claims = { probabilities: scores, outcomes: labels };
      const once = eachOnce(labels.length);
      const column = { scores: Float32Array.from(scores), labels: Int8Array.from(labels) };
      const figures = {
        auroc: auroc(scores, labels),
        averagePrecision: averagePrecision(scores, labels),
        brier: brierScore(claims, once),
        ece: expectedCalibrationError(claims, once),
        ...decisionFigures(decide(column, Math.fround(threshold), once)),
      };
      for (const [name, got] of Object.entries(figures)) assertNear(got, expected[name], name);
    }
  });

  test("of a resample are those of its samples written out", () => {
    for (const recordedCase of recorded.binary) {
      const column = columnOf(recordedCase);
      const counts = Uint32Array.from(column.labels, (_, i) => (i * 7) % 4);
      const drawn = Array.from(counts).flatMap((times, i) =>
        Array.from({ length: times }, () => i),
      );
      const written = {
        scores: Float32Array.from(drawn, (i) => column.scores[i] ?? 0),
        labels: Int8Array.from(drawn, (i) => column.labels[i] ?? 0),
      };
      const threshold = Math.fround(recordedCase.threshold);
      const expected = classStatistics(written, threshold)(eachOnce(drawn.length));
      const found = classStatistics(column, threshold)(counts);
      for (const [name, value] of Object.entries(expected)) {
        assert.equal(found[name as keyof typeof found]?.toFixed(12), value?.toFixed(12), name);
      }
    }
  });

  test("leave unknown labels out", () => {
    const [first] = recorded.binary;
    assert.ok(first !== undefined);
    const column = columnOf(first);
    const more = {
      scores: Float32Array.of(0.9, ...column.scores, 0.1),
      labels: Int8Array.of(-1, ...column.labels, -1),
    };
    assert.deepEqual(
      classStatistics(more, 0.5)(eachOnce(more.labels.length)),
      classStatistics(column, 0.5)(eachOnce(column.labels.length)),
    );
    assert.deepEqual(classFloors(more), classFloors(column));
  });

  test("are undefined where they would divide by nothing", () => {
    const absent = { scores: Float32Array.of(0.1, 0.2), labels: Int8Array.of(0, 0) };
    const found = classStatistics(absent, 0.5)(eachOnce(2));
    assert.equal(found.auroc, undefined);
    assert.equal(found.averagePrecision, undefined);
    assert.equal(found.sensitivity, undefined);
    assert.equal(found.f1, undefined);
    assert.equal(found.precision, undefined);
    assert.equal(found.specificity, 1);
    const alarmed = classStatistics(absent, 0.2)(eachOnce(2)); // one false positive
    assert.deepEqual(
      [alarmed.f1, alarmed.precision, alarmed.specificity],
      [undefined, undefined, 0.5],
    );
    const always = { scores: Float32Array.of(0.1, 0.2), labels: Int8Array.of(1, 1) };
    const present = classStatistics(always, 0.2)(eachOnce(2));
    assert.equal(present.averagePrecision, undefined);
    assert.deepEqual(
      [present.f1, present.precision, present.sensitivity],
      [undefined, undefined, 0.5],
    );
    for (const column of [absent, always]) {
      const { averagePrecision: ap, f1, precision, auroc: area } = classFloors(column);
      assert.deepEqual([ap, f1, precision, area], [undefined, undefined, undefined, undefined]);
    }
    const undecided = classStatistics(absent, undefined)(eachOnce(2));
    assert.equal(undecided.specificity, undefined);
    assert.equal(brierScore({ probabilities: [0.5], outcomes: [-1] }, [1]), undefined);
    assert.equal(expectedCalibrationError({ probabilities: [0.5], outcomes: [1] }, [0]), undefined);
  });

  test("floors are what constant scores and constant decisions reach", () => {
    const labels = Int8Array.of(1, 0, 0, 1, 0, 0, 0, -1);
    const floors = classFloors({ scores: new Float32Array(8), labels });
    const prevalence = 2 / 7;
    const constant = { scores: new Float32Array(8).fill(prevalence), labels };
    const reached = classStatistics(constant, 0)(eachOnce(8)); // "present" for all
    assertNear(reached.auroc, floors.auroc, "auroc");
    assertNear(reached.averagePrecision, floors.averagePrecision, "averagePrecision");
    assertNear(reached.f1, floors.f1, "f1");
    assertNear(reached.precision, floors.precision, "precision");
    assertNear(reached.balancedAccuracy, floors.balancedAccuracy, "balancedAccuracy");
    assert.ok(Math.abs((reached.brier ?? 1) - (floors.brier ?? 0)) < 1e-7);
  });
});

function predictionsOf({ classes, scores, truth }: SingleCase): Predictions {
  const ids = truth.map((_, i) => `r${i}`);
  return {
    ...{ task: "single-label", ids, groups: ids, scores: Float32Array.from(scores) },
    classes: Array.from({ length: classes }, (_, k) => `c${k}`),
    labels: Int8Array.from(
      truth.flatMap((c) => Array.from({ length: classes }, (_, k) => +(k === c))),
    ),
  };
}

describe("figures of single-label decisions", () => {
  test("are scikit-learn's", () => {
    for (const expected of recorded.single) {
      const predictions = predictionsOf(expected);
      const { ece, ...figures } = decisionStatistics(predictions)(eachOnce(expected.truth.length));
      for (const [name, got] of Object.entries(figures)) assertNear(got, expected[name], name);
      assert.ok(ece !== undefined && ece > 0 && ece < 1);
    }
  });

  test("count each true class against each decision", () => {
    for (const { classes, scores, truth, confusion } of recorded.single) {
      const predicted = truth.map((_, i) => {
        const row = scores.slice(i * classes, (i + 1) * classes);
        return row.indexOf(Math.max(...row));
      });
      const table = confusionCounts({ classes, truth, predicted }, eachOnce(truth.length));
      assert.deepEqual(Array.from(table), confusion.flat());
      const unknown = { classes, truth: [...truth, -1], predicted: [...predicted, 0] };
      assert.deepEqual(confusionCounts(unknown, eachOnce(truth.length + 1)), table);
    }
  });

  test("are undefined of nothing, and kappa where all is one class", () => {
    const nothing = agreementFigures(new Float64Array(4), 2);
    assert.deepEqual(new Set(Object.values(nothing)), new Set([undefined]));
    const one = agreementFigures(Float64Array.of(3, 0, 0, 0), 2);
    assert.equal(one.accuracy, 1);
    assert.equal(one.balancedAccuracy, 1);
    assert.equal(one.quadraticKappa, undefined);
  });

  test("floors are those of always the most frequent class", () => {
    const [first] = recorded.single;
    assert.ok(first !== undefined);
    const floors = decisionFloors(predictionsOf(first));
    const counts = Array.from({ length: 5 }, (_, k) => first.truth.filter((c) => c === k).length);
    assert.equal(floors.accuracy, Math.max(...counts) / 80);
    assert.equal(floors.balancedAccuracy, 0.2);
    assert.equal(floors.quadraticKappa, 0);
    assertNear(floors.brier, 1 - counts.reduce((sum, n) => sum + (n / 80) ** 2, 0), "brier");
  });
});
