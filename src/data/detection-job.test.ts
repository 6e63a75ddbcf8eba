import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DENSE_CLASSES, type DenseSetOptions, writeDenseSet } from "../../test/dense-set.ts";
import { boxToPicture } from "../image/dense-boxes.ts";
import { openDataset } from "./dataset.ts";
import { type DetectionFields, type DetectionJobOptions, detectionJob } from "./detection-job.ts";
import { createLoader } from "./loader.ts";
import type { Box } from "./record.ts";

const root = await mkdtemp(join(tmpdir(), "detection-job-"));
after(() => rm(root, { recursive: true, force: true }));

const [WIDTH, HEIGHT, SIDE, COUNT] = [60, 40, 20, 4];

/** The folder of a set whose records claim what they are told to, and the boxes that were drawn. */
async function setOf(name: string, claims: DenseSetOptions["describe"]) {
  const drawn: Box[] = [];
  const folder = await writeDenseSet({
    ...{ folder: join(root, name), count: COUNT, width: WIDTH, height: HEIGHT },
    describe: (block) => {
      drawn.push(block.box);
      return claims(block);
    },
  });
  return { folder, drawn };
}

const boxed = await setOf("boxed", ({ box, i }) => ({ boxes: i === 1 ? [] : [box] }));

/** The first batches of a set's records. */
async function batches(
  folder: string,
  options: Partial<DetectionJobOptions> = {},
  { workers = 0, until = 1, seed = 3 } = {},
) {
  const dataset = await openDataset(folder);
  await using index = await dataset.index({});
  await using loader = createLoader<DetectionFields>({
    ...{ size: index.size, batchSize: COUNT, seed, workers, order: "sequential" },
    job: detectionJob({
      ...{ index: index.handle, imageRoot: dataset.imageRoot, seed, classes: DENSE_CLASSES },
      ...{ view: { size: SIDE }, ...options },
    }),
  });
  const taken = [];
  for await (const batch of loader.batches({ until })) taken.push(batch.arrays);
  const [first, ...later] = taken;
  assert.ok(first !== undefined);
  return { first, later, mended: loader.statistics().mended };
}

const MOVED = { size: SIDE, movement: { probability: 1, flip: "image" } } as const;

describe("detectionJob()", () => {
  test("gives boxes relative to the view, which lead back to the file's pixels", async () => {
    for (const fit of ["stretch", "letterbox"] as const) {
      const { first } = await batches(boxed.folder, { view: { size: SIDE, fit } });
      assert.deepEqual(first.boxes.shape, [COUNT, 10, 5]);
      for (const [i, { x, y, width, height }] of boxed.drawn.entries()) {
        const rows = first.boxes.data.subarray(i * 50, (i + 1) * 50);
        assert.ok(rows.subarray(i === 1 ? 0 : 5).every((value) => value === 0));
        if (i === 1) continue; // it lists none
        const [name, cx = 0, cy = 0, w = 0, h = 0] = Array.from(rows, (value) => value * SIDE);
        assert.equal(name, 0);
        const corners = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2] as const;
        const found = boxToPicture(corners, { width: WIDTH, height: HEIGHT }, { size: SIDE, fit });
        for (const [k, corner] of [x, y, x + width, y + height].entries()) {
          assert.ok(Math.abs((found[k] ?? Number.NaN) - corner) < 1e-4, `${found}`);
        }
      }
      assert.deepEqual(Array.from(first.pictureSize.data.subarray(0, 2)), [WIDTH, HEIGHT]);
    }
  });

  test("moves boxes with pictures, by seed, epoch and record alone", async () => {
    const { first, later } = await batches(boxed.folder, { view: MOVED }, { until: 2 });
    assert.notDeepEqual(first.boxes.data, later[0]?.boxes.data);
    for (const i of [0, 2, 3]) {
      const [, cx = 0, cy = 0, w = 0, h = 0] = first.boxes.data.subarray(i * 50);
      const inner = meanLevel(first.image.data.subarray(i * SIDE * SIDE), [cx, cy, w / 2, h / 2]);
      assert.ok(inner > 170, `${inner}`); // blocks have levels of 150 to 250, the rest up to 100
    }
    const same = await batches(boxed.folder, { view: MOVED }, { until: 2, workers: 2 });
    assert.deepEqual(same.first.boxes.data, first.boxes.data);
    assert.deepEqual(same.later[0]?.boxes.data, later[0]?.boxes.data);
    const other = await batches(boxed.folder, { view: MOVED }, { seed: 5 });
    assert.notDeepEqual(other.first.boxes.data, first.boxes.data);
  });

  test("drops boxes of which a movement leaves too little", async () => {
    const crop = { scale: [0.1, 0.1], ratio: [1, 1] } as const;
    const view = { size: SIDE, movement: { probability: 0, crop } };
    const count = async (leastVisible: number): Promise<number> => {
      const { first } = await batches(boxed.folder, { view, leastVisible });
      return first.boxes.data.filter((_, k) => k % 5 === 3).filter((width) => width > 0).length;
    };
    const [all, whole] = [await count(0), await count(1)];
    assert.ok(whole < all && all <= 3, `${whole} of ${all}`);
  });

  test("takes classes in their order, and leaves boxes of others out", async () => {
    const { folder } = await setOf("two", ({ box }) => ({
      boxes: [box, { ...box, label: "Ghost" }, { ...box, label: "Stranger" }],
    }));
    const { first } = await batches(folder, { maxBoxes: 2 });
    const names = first.boxes.data.filter((_, k) => k % 5 === 0);
    assert.deepEqual(Array.from(names.subarray(0, 4)), [0, 1, 0, 1]);
    const { first: ghosts } = await batches(folder, { classes: ["Ghost"] });
    assert.equal(ghosts.boxes.data.filter((value) => value > 0).length, 4 * COUNT);
  });

  test("knows from labels that there are none, and refuses a record that does not say", async () => {
    const denied = await setOf("denied", () => ({ labels: { Block: 0, Ghost: 0 } }));
    assert.ok((await batches(denied.folder)).first.boxes.data.every((value) => value === 0));
    const unsaid = await setOf("unsaid", () => ({ labels: { Block: 0 } }));
    await assert.rejects(batches(unsaid.folder), /record "r0": it lists no boxes, and no labels/);
  });

  test("cuts boxes at the picture's edge and leaves out what lies behind it, and counts both", async () => {
    const { folder } = await setOf("beyond", ({ box, i }) => ({
      boxes: i === 0 ? [{ ...box, width: 2 * WIDTH }, box, { ...box, x: -9, width: 8 }] : [box],
    }));
    const { first, mended } = await batches(folder, {}, { until: 2 });
    assert.deepEqual(mended, { "cut-box": 1, "dropped-box": 1 });
    assert.equal(first.boxes.data.subarray(0, 50).filter((value) => value !== 0).length, 2 * 4);
  });

  test("refuses more boxes than there is room for", async () => {
    const many = await setOf("many", ({ box }) => ({ boxes: new Array(11).fill(box) }));
    await assert.rejects(batches(many.folder), /record "r0": it has 11 boxes, expected at most 10/);
    const { first } = await batches(many.folder, { maxBoxes: 11 });
    assert.deepEqual(first.boxes.shape, [COUNT, 11, 5]);
  });
});

/** The mean grey level of a box given by centre and size, as shares of the view's side. */
function meanLevel(image: Uint8Array, [cx, cy, w, h]: readonly [number, number, number, number]) {
  let [sum, pixels] = [0, 0];
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [((i % SIDE) + 0.5) / SIDE, (Math.floor(i / SIDE) + 0.5) / SIDE];
    if (Math.abs(x - cx) > w / 2 || Math.abs(y - cy) > h / 2) continue;
    [sum, pixels] = [sum + (image[i] ?? 0), pixels + 1];
  }
  return sum / pixels;
}
