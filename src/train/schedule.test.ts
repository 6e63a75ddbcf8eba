import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type EpochSchedule, factorAtStep, rateAtEpoch, type StepSchedule } from "./schedule.ts";

function assertClose(got: number, expected: number, tolerance = 1e-15): void {
  assert.ok(Math.abs(got - expected) <= tolerance, `${got} is not ${expected}`);
}

describe("rateAtEpoch()", () => {
  const schedule: EpochSchedule = { rate: 4, minRate: 1, warmupEpochs: 10, cosineEndEpoch: 30 };

  test("rises from 0 and reaches the rate where the warm-up ends", () => {
    assert.equal(rateAtEpoch(schedule, 0), 0);
    assert.equal(rateAtEpoch(schedule, 2.5), 1);
    assertClose(rateAtEpoch(schedule, 10), 4);
  });

  test("falls by half a cosine and rises again after its end", () => {
    assertClose(rateAtEpoch(schedule, 20), 2.5);
    assertClose(rateAtEpoch(schedule, 30), 1);
    assertClose(rateAtEpoch(schedule, 40), 2.5);
    assertClose(rateAtEpoch(schedule, 50), 4);
  });

  test("starts with the rate where there is no warm-up", () => {
    assert.equal(rateAtEpoch({ ...schedule, warmupEpochs: 0 }, 0), 4);
  });

  test("needs a cosine only once the warm-up is over", () => {
    const short = { ...schedule, cosineEndEpoch: 10 };
    assert.equal(rateAtEpoch(short, 5), 2);
    assert.throws(
      () => rateAtEpoch(short, 10),
      new RangeError(
        "Cannot compute the learning rate at epoch 10: the cosine must end after the warm-up, current values are 10 and 10 epochs",
      ),
    );
  });
});

describe("factorAtStep()", () => {
  const cosine: StepSchedule = { decay: "cosine", warmupSteps: 4, totalSteps: 20 };
  const linear: StepSchedule = { ...cosine, decay: "linear" };

  test("warms up alike, whatever follows", () => {
    for (const schedule of [cosine, linear]) {
      assert.deepEqual(
        [0, 1, 2, 3, 4].map((step) => factorAtStep(schedule, step)),
        [0, 0.25, 0.5, 0.75, 1],
      );
    }
  });

  test("falls to 0 at the last step", () => {
    assertClose(factorAtStep(cosine, 12), 0.5);
    assert.equal(factorAtStep(linear, 12), 0.5);
    assert.equal(factorAtStep(cosine, 20), 0);
    assert.equal(factorAtStep(linear, 20), 0);
  });

  test("past the last step the cosine rises again, the linear factor stays 0", () => {
    assertClose(factorAtStep(cosine, 36), 1);
    assert.equal(factorAtStep(linear, 36), 0);
  });

  test("does without a warm-up, and without a fall", () => {
    assert.equal(factorAtStep({ decay: "cosine", warmupSteps: 0, totalSteps: 8 }, 0), 1);
    assert.equal(factorAtStep({ decay: "linear", warmupSteps: 3, totalSteps: 3 }, 3), 0);
    assert.equal(factorAtStep({ decay: "cosine", warmupSteps: 3, totalSteps: 3 }, 3), 1);
  });
});
