import assert from "node:assert/strict";
import { test } from "node:test";
import { backOffMs, Pace, REAL_TIME, retryAfterMs } from "./pace.ts";

test("Pace: turns stand at an even distance, however many ask at once", async () => {
  const slept: number[] = [];
  const timing = { now: () => 1000, sleep: async (ms: number) => void slept.push(ms) };
  const pace = new Pace(120, timing);
  const { signal } = new AbortController();
  await Promise.all([1, 2, 3, 4].map(() => pace.turn(signal)));
  assert.deepEqual(slept, [500, 1000, 1500]);
  const unlimited = new Pace(undefined, timing);
  await Promise.all([1, 2].map(() => unlimited.turn(signal)));
  assert.equal(slept.length, 3);
});

test("REAL_TIME.sleep ends at once when it is aborted, with the reason", async () => {
  const controller = new AbortController();
  const slept = REAL_TIME.sleep(60_000, controller.signal);
  controller.abort(new Error("stopped"));
  await assert.rejects(slept, /stopped/);
});

test("backOffMs doubles up to half a minute", () => {
  assert.deepEqual([0, 1, 2, 3, 10].map(backOffMs), [500, 1000, 2000, 4000, 30_000]);
});

test("retryAfterMs reads seconds and dates", () => {
  const now = new Date("2025-01-01T00:00:00Z");
  assert.equal(retryAfterMs("7", now), 7000);
  assert.equal(retryAfterMs("Wed, 01 Jan 2025 00:00:30 GMT", now), 30_000);
  assert.equal(retryAfterMs("Tue, 31 Dec 2024 00:00:30 GMT", now), 0);
  assert.equal(retryAfterMs("soon", now), undefined);
  assert.equal(retryAfterMs(null, now), undefined);
});
