import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TinyRuns } from "../../test/tiny-runs.ts";
import type { RunEvent } from "./pretrain.ts";

let runs: TinyRuns;
before(async () => {
  runs = await TinyRuns.open();
});
after(() => runs[Symbol.asyncDispose]());

const STEPS = 2000;
const STEPS_PER_EPOCH = 4;
/** Steps between two looks at the memory. */
const LOOK_EVERY = 20;
/** What the medians may differ by: less than a kilobyte and a tenth of a micro-batch a step. */
const HEAP_LIMIT = 1e6;
const RESIDENT_LIMIT = 20e6;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

test(`a run's memory does not grow over ${STEPS} steps`, async (context) => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const looks: { readonly heap: number; readonly resident: number }[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.kind !== "update" || event.report.step % LOOK_EVERY !== 0) return;
    collectGarbage();
    const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
    looks.push({ heap: heapUsed + arrayBuffers, resident: rss });
  };
  const epochs = STEPS / STEPS_PER_EPOCH;
  let now = 0;
  const { step } = await runs.run(
    await runs.newFolder(),
    {
      train: { accumulate: 1, epochs, validateEpochs: 25, checkpointMinutes: 10, lr: 1e-4 },
      data: { workers: 1 },
    },
    { onEvent, clock: () => (now += 1000) },
  );
  assert.equal(step, STEPS);
  assert.equal(looks.length, STEPS / LOOK_EVERY);
  const quarter = looks.length / 4;
  for (const [what, limit] of [
    ["heap", HEAP_LIMIT],
    ["resident", RESIDENT_LIMIT],
  ] as const) {
    const second = median(looks.slice(quarter, 2 * quarter).map((look) => look[what]));
    const last = median(looks.slice(3 * quarter).map((look) => look[what]));
    const shown = `${what}: ${(second / 1e6).toFixed(1)} MB in the second quarter, ${(last / 1e6).toFixed(1)} MB in the last`;
    context.diagnostic(shown);
    assert.ok(last - second < limit, shown);
  }
});
