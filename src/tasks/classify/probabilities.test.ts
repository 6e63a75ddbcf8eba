import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meanCrossEntropy, probabilitiesOf } from "./probabilities.ts";

const close = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-6, `${actual} is not ${expected}`);

describe("probabilitiesOf()", () => {
  test("is the sigmoid in single precision, whose saturation makes ties", () => {
    const logits = Float32Array.of(0, -2, 17, 40, -200);
    const probabilities = probabilitiesOf(logits, { task: "multi-label", classes: 5 });
    assert.equal(probabilities[0], 0.5);
    close(probabilities[1], 1 / (1 + Math.exp(2)));
    assert.equal(probabilities[2], 1);
    assert.equal(probabilities[3], 1);
    assert.equal(probabilities[4], 0);
  });

  test("is each row's softmax, however large its logits", () => {
    const logits = Float32Array.of(1, 2, 3, 1e4, 1e4, -1e4);
    const probabilities = probabilitiesOf(logits, { task: "single-label", classes: 3 });
    const total = Math.exp(1) + Math.exp(2) + Math.exp(3);
    for (const [k, power] of [1, 2, 3].entries()) close(probabilities[k], Math.exp(power) / total);
    assert.deepEqual([...probabilities.subarray(3)], [0.5, 0.5, 0]);
  });
});

describe("meanCrossEntropy()", () => {
  test("is over the labels that are known", () => {
    const logits = Float32Array.of(0, 2, -1, 30);
    const loss = meanCrossEntropy(logits, [1, 0, -1, 0], { task: "multi-label", classes: 2 });
    close(loss, (Math.log(2) + Math.log(1 + Math.exp(2)) + 30) / 3);
    assert.ok(
      Number.isNaN(meanCrossEntropy(logits, [-1, -1, -1, -1], { task: "multi-label", classes: 2 })),
    );
  });

  test("is over the records whose class is known", () => {
    const logits = Float32Array.of(1, 2, 500, 0, 3, 3);
    const options = { task: "single-label", classes: 2 } as const;
    const expected = (Math.log(1 + Math.exp(1)) + Math.log(2)) / 2;
    close(meanCrossEntropy(logits, [1, 0, -1, -1, 0, 1], options), expected);
  });
});
