import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import {
  DENSE_CLASSES,
  type DenseSetOptions,
  makeGrey,
  writeDenseSet,
} from "../../test/dense-set.ts";
import { decodeImage } from "../image/decode.ts";
import { stillGeometry } from "../image/dense-geometry.ts";
import { viewMask, viewPicture } from "../image/dense-view.ts";
import { maskOfBoxes } from "../image/mask.ts";
import { openDataset } from "./dataset.ts";
import { createLoader } from "./loader.ts";
import {
  type SegmentationFields,
  type SegmentationJobOptions,
  segmentationJob,
} from "./segmentation-job.ts";

const root = await mkdtemp(join(tmpdir(), "segmentation-job-"));
after(() => rm(root, { recursive: true, force: true }));

const [WIDTH, HEIGHT, SIDE, COUNT] = [36, 24, 12, 4];
const PIXELS = SIDE * SIDE;

/** The folder of a set whose records claim what they are told to. */
async function setOf(name: string, claims: DenseSetOptions["describe"]): Promise<string> {
  const size = { width: WIDTH, height: HEIGHT };
  return writeDenseSet({ folder: join(root, name), count: COUNT, ...size, describe: claims });
}

const masked = await setOf("masked", ({ mask, box }) => ({
  ...{ masks: { Block: mask }, boxes: [box], labels: { Ghost: 0 } },
}));

/** The first batches of a set's records. */
async function batches(
  folder: string,
  options: Partial<SegmentationJobOptions>,
  { workers = 0, until = 1, seed = 3 } = {},
) {
  const dataset = await openDataset(folder);
  await using index = await dataset.index({});
  await using loader = createLoader<SegmentationFields>({
    ...{ size: index.size, batchSize: COUNT, seed, workers, order: "sequential" },
    job: segmentationJob({
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

/** What the files of record i hold. */
async function filesOf(i: number) {
  const picture = await decodeImage(join(masked, `${i}.png`));
  const { data, ...size } = await decodeImage(join(masked, `${i}-mask.png`));
  return { picture, mask: { ...size, data }, still: stillGeometry(picture) };
}

const MOVED = { size: SIDE, movement: { probability: 1, rotate: 30, flip: "image" } } as const;

describe("segmentationJob()", () => {
  test("gives still views of picture and masks, and the file's size", async () => {
    const { first } = await batches(masked, {});
    assert.deepEqual(first.image.shape, [COUNT, SIDE, SIDE]);
    assert.deepEqual(first.masks.shape, [COUNT, 2, SIDE, SIDE]);
    for (let i = 0; i < COUNT; i++) {
      const { picture, mask, still } = await filesOf(i);
      const image = first.image.data.slice(i * PIXELS, (i + 1) * PIXELS);
      assert.deepEqual(image, viewPicture(picture, still, { size: SIDE }).data);
      const [block, ghost] = [0, 1].map((c) => {
        return first.masks.data.slice((2 * i + c) * PIXELS, (2 * i + c + 1) * PIXELS);
      });
      assert.deepEqual(block, viewMask(mask, still, { size: SIDE }).data);
      assert.ok(ghost?.every((level) => level === 0)); // its label denies it
    }
    assert.deepEqual(Array.from(first.known.data), new Array(2 * COUNT).fill(1));
    assert.deepEqual(Array.from(first.pictureSize.data.subarray(0, 2)), [WIDTH, HEIGHT]);
  });

  test("moves masks with pictures, by seed, epoch and record alone", async () => {
    const { first, later } = await batches(masked, { view: MOVED }, { until: 2 });
    assert.notDeepEqual(first.masks.data, later[0]?.masks.data);
    assert.notDeepEqual(first.image.data, later[0]?.image.data);
    let [inside, outside, seen] = [0, 0, 0];
    for (let i = 0; i < COUNT; i++) {
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        const level = first.image.data[i * PIXELS + pixel] ?? 0;
        if (first.masks.data[2 * i * PIXELS + pixel] === 0) outside += level;
        else [inside, seen] = [inside + level, seen + 1];
      }
    }
    // Blocks are 150 levels brighter than what is around them.
    assert.ok(inside / seen > outside / (COUNT * PIXELS - seen) + 110);
    for (const workers of [1, 2]) {
      const same = await batches(masked, { view: MOVED }, { workers, until: 2 });
      assert.deepEqual(same.first.masks.data, first.masks.data);
      assert.deepEqual(same.later[0]?.image.data, later[0]?.image.data);
    }
    const other = await batches(masked, { view: MOVED }, { seed: 4 });
    assert.notDeepEqual(other.first.masks.data, first.masks.data);
  });

  test("leaves masks where they are when only pictures are to move", async () => {
    const moved = await batches(masked, { view: MOVED, masksMove: false });
    const still = await batches(masked, {});
    assert.notDeepEqual(moved.first.image.data, still.first.image.data);
    assert.deepEqual(moved.first.masks.data, still.first.masks.data);
  });

  test("fits and resizes masks otherwise than pictures, each class in its way", async () => {
    const { mask, still } = await filesOf(0);
    const { first } = await batches(masked, { maskFit: "letterbox", maskResize: "area" });
    const expected = viewMask(mask, still, { size: SIDE, fit: "letterbox", resize: "area" });
    assert.deepEqual(first.masks.data.slice(0, PIXELS), expected.data);
    const ways = { Block: "any", Ghost: "all" } as const;
    const { first: touched } = await batches(masked, { maskResize: ways });
    const any = viewMask(mask, still, { size: SIDE, resize: "any" });
    assert.deepEqual(touched.masks.data.slice(0, PIXELS), any.data);
    const view = { size: SIDE, fit: "letterbox" } as const;
    const { first: boxed } = await batches(masked, { view });
    assert.deepEqual(boxed.masks.data.slice(0, PIXELS), viewMask(mask, still, view).data);
  });

  test("fills boxes, truncated to pixels", async () => {
    const shift = 0.7;
    const folder = await setOf("boxes", ({ box, i }) => ({
      boxes: i === 1 ? [] : [{ ...box, x: box.x + shift }],
    }));
    const { first } = await batches(folder, { masksFrom: "boxes" });
    const [line = ""] = (await readFile(join(folder, "records.jsonl"), "utf8")).split("\n");
    const { x, y, width, height }: Record<"x" | "y" | "width" | "height", number> =
      JSON.parse(line).boxes[0];
    const left = x - shift;
    const size = { width: WIDTH, height: HEIGHT };
    const mask = maskOfBoxes([[left, y, left + width, y + height]], size);
    const expected = viewMask(mask, stillGeometry(size), { size: SIDE });
    assert.deepEqual(first.masks.data.slice(0, PIXELS), expected.data);
    const none = first.masks.data.slice(2 * PIXELS, 4 * PIXELS);
    assert.ok(none.every((level) => level === 0)); // it lists none
    assert.ok(first.known.data.every((known) => known === 1));
  });

  test("says which classes are not known, and refuses a record that knows none", async () => {
    const folder = await setOf("partly", ({ mask, i }) => ({
      masks: { Block: mask },
      labels: i === 2 ? { Ghost: 1 } : { Ghost: 0 },
    }));
    const { first } = await batches(folder, {});
    assert.deepEqual(Array.from(first.known.data), [1, 1, 1, 1, 1, 0, 1, 1]);
    const bare = await setOf("bare", () => ({ labels: { Block: 1, Ghost: -1 } }));
    await assert.rejects(batches(bare, {}), /"r0": it has no mask of Block, Ghost, and no label/);
    await assert.rejects(batches(folder, { masksFrom: "boxes", classes: ["Block"] }), /"r0"/);
  });

  test("counts masks that it has mended, each once however often they are read", async () => {
    const folder = await setOf("grey", ({ mask }) => ({ masks: { Block: mask } }));
    for (const i of [1, 3]) await makeGrey(join(folder, `${i}-mask.png`));
    for (const workers of [0, 1]) {
      const { mended } = await batches(folder, {}, { workers, until: 3 });
      assert.deepEqual(mended, { "grey-mask": 2 });
    }
    assert.deepEqual((await batches(masked, {})).mended, {});
  });

  test("refuses masks that are none of their pictures", async () => {
    const other = await setOf("other", ({ i }) => ({ masks: { Block: `${i}.png` } }));
    await assert.rejects(batches(other, {}), /record "r0": Cannot use mask ".*0\.png"/);
    const absent = await setOf("absent", () => ({ masks: { Block: "gone.png" } }));
    await assert.rejects(batches(absent, {}), /record "r0": .*gone\.png/);
  });
});
