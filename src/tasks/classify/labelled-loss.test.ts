import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertClose } from "../../../test/close.ts";
import { interpret } from "../../../test/reference/interpreter.ts";
import { type Values, valuesOf } from "../../../test/reference/values.ts";
import { gradients } from "../../engine/grad.ts";
import { buildGraph } from "../../engine/graph.ts";
import { input } from "../../engine/tensor.ts";
import { type NdArray, ndArray } from "../../util/nd-array.ts";
import { RandomStream } from "../../util/random.ts";
import { type LabelledLossOptions, labelFeeds, labelledLoss } from "./labelled-loss.ts";

const RECORDS = 5;
const CLASSES = 3;
const STEP = 1e-6;

/** Any number of classes a record; a third of them unknown, all of the last record's. */
const MANY = [1, 0, -1, -1, 1, 1, 0, -1, 0, 1, 0, 0, -1, -1, -1];
/** One class a record; that of the second and the last is unknown. */
const ONE = [0, 1, 0, -1, -1, -1, 1, 0, 0, 0, 0, 1, -1, -1, -1];

const stream = new RandomStream({ seed: 3, name: "labelled loss" });
const LOGITS = Array.from({ length: RECORDS * CLASSES }, () => 2 * stream.normal());

const labelArray = (labels: readonly number[]): NdArray<"i32"> =>
  ndArray("i32", [RECORDS, CLASSES], labels);

/** The graph's loss and its gradient, in double precision. */
function computed(labels: readonly number[], options: LabelledLossOptions) {
  const logits = input("logits", "f32", [RECORDS, CLASSES]);
  const loss = labelledLoss(logits, options);
  const [gradient] = gradients(loss, [logits]);
  assert.ok(gradient !== null && gradient !== undefined);
  const feeds = new Map<string, Values>([
    ["logits", { shape: [RECORDS, CLASSES], data: Float64Array.from(LOGITS) }],
    ...[...labelFeeds(labelArray(labels), options.task)].map(
      ([name, array]) => [name, valuesOf(array)] as const,
    ),
  ]);
  const results = interpret(buildGraph({ loss, gradient }), feeds);
  return { loss: results.get("loss")?.data[0] ?? Number.NaN, gradient: results.get("gradient") };
}

/** −ln σ(z) or −ln(1 − σ(z)) of the labels that are known, by their definition: the others are not looked at. */
function binaryMean(
  logits: readonly number[],
  labels: readonly number[],
  weights: readonly number[],
): number {
  const terms = logits.flatMap((z, i) => {
    const probability = 1 / (1 + Math.exp(-z));
    if (labels[i] === -1) return [];
    return labels[i] === 1
      ? [-(weights[i % CLASSES] ?? Number.NaN) * Math.log(probability)]
      : [-Math.log(1 - probability)];
  });
  return terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

/** −ln of the softmax at the class of the records whose class is known. */
function rowMean(logits: readonly number[], labels: readonly number[]): number {
  const terms: number[] = [];
  for (let start = 0; start < logits.length; start += CLASSES) {
    const present = labels.slice(start, start + CLASSES).indexOf(1);
    if (present === -1) continue;
    const powers = logits.slice(start, start + CLASSES).map(Math.exp);
    const total = powers.reduce((sum, power) => sum + power, 0);
    terms.push(-Math.log((powers[present] ?? Number.NaN) / total));
  }
  return terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

/** The slope of a function of the logits along each of them. */
const slopes = (of: (logits: readonly number[]) => number): Values => ({
  shape: [RECORDS, CLASSES],
  data: Float64Array.from(LOGITS, (_, at) => {
    const moved = (by: number) => LOGITS.map((z, i) => (i === at ? z + by : z));
    return (of(moved(STEP)) - of(moved(-STEP))) / (2 * STEP);
  }),
});

/** Compares loss and gradient with a formula that does not know what is unknown. */
function assertFormula(
  labels: readonly number[],
  options: LabelledLossOptions,
  formula: (logits: readonly number[]) => number,
): void {
  const { loss, gradient } = computed(labels, options);
  assert.ok(Math.abs(loss - formula(LOGITS)) < 1e-9, `${loss} is not ${formula(LOGITS)}`);
  assert.ok(gradient !== undefined);
  const expected = slopes(formula);
  assertClose({ what: "gradient", actual: gradient, expected, tolerance: 1e-6 });
}

describe("labelledLoss()", () => {
  test("of any number of classes is the mean over the labels that are known", () => {
    assertFormula(MANY, { task: "multi-label" }, (logits) => binaryMean(logits, MANY, [1, 1, 1]));
    const { gradient } = computed(MANY, { task: "multi-label" });
    for (const [i, label] of MANY.entries())
      assert.equal(gradient?.data[i] === 0, label === -1, `the slope along logit ${i}`);
  });

  test("counts a present class as often as its weight says, and an absent one once", () => {
    const positiveWeights = [4, 0.5, 32];
    assertFormula(MANY, { task: "multi-label", positiveWeights }, (logits) =>
      binaryMean(logits, MANY, positiveWeights),
    );
  });

  test("of one class is the mean over the records whose class is known", () => {
    assertFormula(ONE, { task: "single-label" }, (logits) => rowMean(logits, ONE));
    const { gradient } = computed(ONE, { task: "single-label" });
    for (const [i, label] of ONE.entries())
      assert.equal(gradient?.data[i] === 0, label === -1, `the slope along logit ${i}`);
  });

  test("is 0, and moves nothing, where nothing is known", () => {
    const nothing = ONE.map(() => -1);
    for (const task of ["multi-label", "single-label"] as const) {
      const { loss, gradient } = computed(nothing, { task });
      assert.equal(loss, 0);
      assert.ok(gradient?.data.every((slope) => slope === 0));
    }
  });
});

describe("labelFeeds()", () => {
  const fed = (labels: readonly number[], task: LabelledLossOptions["task"]) =>
    Object.fromEntries(
      [...labelFeeds(labelArray(labels), task)].map(([name, { dtype, shape, data }]) => [
        name,
        { dtype, shape, data: Array.from(data, Number) },
      ]),
    );

  test("are targets and what is known of them, label by label", () => {
    assert.deepEqual(fed(MANY, "multi-label"), {
      targets: {
        ...{ dtype: "f32", shape: [5, 3] },
        data: [1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0],
      },
      known: {
        ...{ dtype: "f32", shape: [5, 3] },
        data: [1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0],
      },
    });
  });

  test("are the number of each record's class, and whether it is known", () => {
    assert.deepEqual(fed(ONE, "single-label"), {
      targets: { dtype: "i64", shape: [5], data: [1, 0, 0, 2, 0] },
      known: { dtype: "f32", shape: [5], data: [1, 0, 1, 1, 0] },
    });
  });
});
