import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeLabelledSet } from "../../test/labelled-set.ts";
import { decodeImage } from "../image/decode.ts";
import { evaluationView } from "../image/evaluation-view.ts";
import { type ClassificationFields, classificationJob } from "./classification-job.ts";
import { openDataset } from "./dataset.ts";
import { createLoader } from "./loader.ts";

const root = await mkdtemp(join(tmpdir(), "classification-job-"));
after(() => rm(root, { recursive: true, force: true }));

const SIDE = 12;
const CLASSES = ["Upper", "Coin"];
let folder = "";
before(async () => {
  folder = await writeLabelledSet({
    ...{ folder: join(root, "set"), count: 10, side: SIDE },
    describe: ({ i, upper }) => ({
      labels: { Upper: upper ? 1 : 0, ...(i % 2 === 0 && { Coin: -1 as const }) },
    }),
  });
});

/** The first batches of the set's records. */
async function batches(
  view: Parameters<typeof classificationJob>[0]["view"],
  { workers = 0, until = 1, seed = 3 } = {},
) {
  const dataset = await openDataset(folder);
  await using index = await dataset.index({});
  await using loader = createLoader<ClassificationFields>({
    ...{ size: index.size, batchSize: 5, seed, workers, order: "sequential" },
    job: classificationJob({
      ...{ index: index.handle, imageRoot: dataset.imageRoot, seed, view },
      labels: { classes: CLASSES, task: "multi-label", uncertain: "ignore" },
    }),
  });
  const taken = [];
  for await (const batch of loader.batches({ until })) taken.push(batch);
  return taken;
}

const TRAINING = { kind: "training", size: 8, flip: "image", scale: [0.3, 1] } as const;

describe("classificationJob()", () => {
  test("gives whole pictures and what is known of each class", async () => {
    const [batch] = await batches({ kind: "evaluation", size: 8 });
    assert.ok(batch !== undefined);
    const { image, labels } = batch.arrays;
    assert.deepEqual(image.shape, [5, 8, 8]);
    for (const [row, record] of batch.records.entries()) {
      const picture = await decodeImage(join(folder, `${record}.png`), {});
      const expected = evaluationView(picture, { size: 8 }).data;
      assert.deepEqual(image.data.slice(64 * row, 64 * (row + 1)), Uint8Array.from(expected));
    }
    assert.deepEqual(labels.shape, [5, 2]);
    const known = Array.from(labels.data);
    assert.ok(known.filter((_, i) => i % 2 === 0).every((label) => label === 0 || label === 1));
    assert.ok(known.filter((_, i) => i % 2 === 1).every((label) => label === -1));
  });

  test("draws another crop in every epoch, by seed and record alone", async () => {
    const [first, , again] = await batches(TRAINING, { until: 3 });
    assert.ok(first !== undefined && again !== undefined);
    assert.deepEqual(first.records, again.records);
    assert.notDeepEqual(first.arrays.image.data, again.arrays.image.data);
    for (const workers of [1, 2]) {
      const [same, , other] = await batches(TRAINING, { until: 3, workers });
      assert.deepEqual(same?.arrays.image.data, first.arrays.image.data);
      assert.deepEqual(other?.arrays.image.data, again.arrays.image.data);
    }
    const [elsewhere] = await batches(TRAINING, { seed: 4 });
    assert.notDeepEqual(elsewhere?.arrays.image.data, first.arrays.image.data);
  });
});
