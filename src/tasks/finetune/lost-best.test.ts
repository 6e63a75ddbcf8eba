import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { TrainState } from "../../train/checkpoint.ts";
import { describeLostBest } from "./lost-best.ts";

const root = await mkdtemp(join(tmpdir(), "lost-best-"));
after(() => rm(root, { recursive: true, force: true }));

const STATE: TrainState = { format: 1, step: 4, seed: 1, threads: 1, device: "cpu", inputs: {} };

/** A run's folder whose newest checkpoint says this of its best model. */
async function runWith(best: TrainState["best"]): Promise<string> {
  const run = await mkdtemp(join(root, "run-"));
  const folder = join(run, "checkpoints", "step-000004");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "state.json"), JSON.stringify({ ...STATE, best }));
  return run;
}

describe("describeLostBest()", () => {
  test("tells of a best model that is gone, and of which is judged instead", async () => {
    const run = await runWith({ step: 2, loss: 0.5 });
    assert.deepEqual(await describeLostBest(run), [
      'the run\'s best model, of step 2, is not in its folder "best": that of step 4 is judged in its place',
    ]);
    await mkdir(join(run, "best"));
    await writeFile(join(run, "best", "model.safetensors"), "");
    assert.deepEqual(await describeLostBest(run), []);
  });

  test("has nothing to tell of a run that never chose one, or of a model without a run", async () => {
    assert.deepEqual(await describeLostBest(await runWith(undefined)), []);
    assert.deepEqual(await describeLostBest(root), []);
    const file = join(root, "model.safetensors");
    await writeFile(file, "");
    assert.deepEqual(await describeLostBest(file), []);
  });
});
