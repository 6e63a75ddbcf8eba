import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lineWithBar, lineWithoutBar, type ProgressState } from "./progress-line.ts";

const STATE: ProgressState = {
  ...{ label: "pretrain", done: 120, total: 2000, unit: "steps", left: "3 min 20 s" },
  note: "mim 0.612 res 0.341 mlm 4.381, lr 1.2e-4, 8.1 pairs/s, 1 % waiting, 1.3 GB",
};
const SHORT: ProgressState = { ...STATE, done: 1000, note: "" };

describe("lineWithBar()", () => {
  test("gives the bar what the facts leave", () => {
    assert.equal(
      lineWithBar(SHORT, 80),
      `pretrain [${"=".repeat(17)}${"-".repeat(18)}] 1000/2000 steps, 3 min 20 s left`,
    );
    assert.equal(
      lineWithBar(STATE, 200),
      `pretrain [==${"-".repeat(38)}] 120/2000 steps, 3 min 20 s left, ${STATE.note}`,
    );
  });

  test("leaves out the last facts first, and gives way to the first one", () => {
    assert.equal(
      lineWithBar(STATE, 100),
      "pretrain [--------------] 120/2000 steps, 3 min 20 s left, mim 0.612 res 0.341 mlm 4.381, lr 1.2e-4",
    );
    assert.equal(lineWithBar(STATE, 80), undefined);
    assert.equal(lineWithBar(SHORT, 40), undefined);
  });

  test("is full at the end, and when there is nothing to do", () => {
    for (const [done, total] of [
      [5, 5],
      [7, 5],
      [0, 0],
    ] as const) {
      const line = lineWithBar({ ...SHORT, done, total, left: "" }, 60);
      assert.match(line ?? "", /^pretrain \[=+\] /);
    }
  });
});

describe("lineWithoutBar()", () => {
  test("says the percentage and the facts that fit", () => {
    assert.equal(
      lineWithoutBar(STATE, 80),
      "pretrain: 120/2000 steps (6 %), 3 min 20 s left, mim 0.612 res 0.341 mlm 4.381",
    );
    assert.equal(lineWithoutBar(STATE, 78), "pretrain: 120/2000 steps (6 %), 3 min 20 s left");
  });

  test("cuts the count in a very narrow window", () => {
    assert.equal(lineWithoutBar(STATE, 20), "pretrain: 120/2000…");
  });
});

test("no line reaches the last column", () => {
  for (let columns = 1; columns <= 220; columns++) {
    for (const state of [STATE, SHORT]) {
      for (const line of [lineWithBar(state, columns) ?? "", lineWithoutBar(state, columns)]) {
        assert.ok(line.length < Math.max(columns, 2), `${columns}: ${line}`);
      }
    }
  }
});
