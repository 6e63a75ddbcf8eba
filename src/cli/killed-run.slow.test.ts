import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { KilledRuns, killAfter } from "../../test/killed-runs.ts";
import { RandomStream } from "../util/random.ts";

let runs: KilledRuns;
before(async () => {
  runs = await KilledRuns.open(30);
});
after(() => runs[Symbol.asyncDispose]());

const KILLS = 25;
const skip = process.platform === "win32" && "Windows has no such signals";

describe(`ecamp pretrain, killed ${KILLS} times`, { skip }, () => {
  for (const workers of [0, 2]) {
    test(`ends as if it had not been, with ${workers} workers`, async () => {
      const out = await runs.newFolder();
      const random = new RandomStream({ seed: 12, name: `kill-points-${workers}` });
      for (let kill = 0; kill < KILLS; kill++) {
        const place = killAfter(1 + (kill % 2), 100 * random.uniform());
        const { signal, stderr } = await runs.goOn(out, { ...place, workers });
        assert.equal(signal, "SIGKILL", stderr);
      }
      await runs.finish(out, { workers });
    });
  }
});
