import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeDenseSet } from "../../../test/dense-set.ts";
import { openDataset } from "../../data/dataset.ts";
import type { DetectionFields } from "../../data/detection-job.ts";
import { createLoader } from "../../data/loader.ts";
import { DETECT_DEFAULTS } from "../../recipes/detect-recipes.ts";
import { detectColumn } from "../../recipes/fidelity.ts";
import type { DenseView } from "../dense/dense-task.ts";
import { DETECT_TASK } from "./detect-task.ts";

const root = await mkdtemp(join(tmpdir(), "detect-task-"));
after(() => rm(root, { recursive: true, force: true }));

test("DETECT_TASK judges pictures of any number of boxes, and learns from those that fit a batch", async () => {
  const folder = await writeDenseSet({
    ...{ folder: join(root, "many"), count: 1, width: 40, height: 40 },
    describe: ({ box }) => ({ boxes: new Array(12).fill(box) }),
  });
  const dataset = await openDataset(folder);
  const config = { ...DETECT_DEFAULTS, fidelity: detectColumn("corrected") };
  const boxesIn = async (view: DenseView): Promise<number> => {
    await using index = await dataset.index({});
    const job = DETECT_TASK.job({
      ...{ config, dataset, index, classes: ["Block"], size: 20, decode: {}, view },
    });
    await using loader = createLoader<DetectionFields>({
      ...{ size: 1, batchSize: 1, seed: 0, workers: 0, job },
    });
    for await (const { arrays } of loader.batches({ until: 1 })) {
      return arrays.boxes.data.filter((value, k) => k % 5 === 3 && value > 0).length;
    }
    return 0;
  };
  assert.equal(await boxesIn("evaluation"), 12);
  await assert.rejects(boxesIn("training"), /it has 12 boxes, expected at most 10; raise maxBoxes/);
});
