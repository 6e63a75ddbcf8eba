import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeDenseSet } from "../../../test/dense-set.ts";
import { openDataset } from "../../data/dataset.ts";
import type { DetectionFields } from "../../data/detection-job.ts";
import { createLoader } from "../../data/loader.ts";
import { DETECT_DEFAULTS } from "../../recipes/detect-recipes.ts";
import { detectColumn } from "../../recipes/fidelity.ts";
import { DecodeError } from "../../util/errors.ts";
import type { DenseView } from "../dense/dense-task.ts";
import { parseModel } from "../finetune/model-description.ts";
import { DETECT_TASK } from "./detect-task.ts";
import { DETECTOR_FORMAT } from "./detector-description.ts";

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

test("DETECT_TASK fits anchors to what training sees of boxes, and passes over pictures that may be skipped", async () => {
  const folder = await writeDenseSet({
    ...{ folder: join(root, "anchors"), count: 12, width: 40, height: 40 },
    // Two columns of each lie in the picture, of which the image makes four.
    describe: ({ i }) => ({
      boxes: [{ label: "Block", x: 38, y: i, width: 4 + 2 * i, height: 20 + i }],
    }),
  });
  await writeFile(join(folder, "3.png"), "no picture");
  const dataset = await openDataset(folder);
  const fitted = async (onBadRecord: "error" | "skip") => {
    await using train = await dataset.index({});
    const { metadata } = await DETECT_TASK.head({
      config: {
        ...{ ...DETECT_DEFAULTS, fidelity: detectColumn("corrected") },
        model: { ...DETECT_DEFAULTS.model, anchors: "fit" },
        data: { ...DETECT_DEFAULTS.data, onBadRecord },
      },
      architecture: {
        ...{ imageSize: 80, patch: 20, dim: 8, depth: 1, heads: 2, mlpRatio: 2 },
        ...{ layerNormEps: 1e-6, positionExponent: "k/(d/2)" },
      },
      ...{ classes: ["Block"], train, dataset, leaks: false, note: () => undefined },
      ...{ normalization: { mean: 0.5, std: 0.25 }, goesOnFrom: undefined },
    });
    return parseModel(DETECTOR_FORMAT, "a file", metadata).config.anchors.flat();
  };
  const anchors = await fitted("skip");
  assert.equal(anchors.length, 9);
  assert.ok(anchors.every(([width]) => width === 4));
  await assert.rejects(fitted("error"), DecodeError);
});
