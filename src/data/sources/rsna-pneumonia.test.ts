import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { allRecords, writeAnnotatedSet } from "../../../test/annotated-set.ts";
import { openDataset } from "../dataset.ts";
import { importAnnotations } from "../import-annotations.ts";
import { type RsnaOptions, rsnaPneumonia } from "./rsna-pneumonia.ts";

const root = await mkdtemp(join(tmpdir(), "rsna-"));
after(() => rm(root, { recursive: true, force: true }));

const box = (x: number, y: number, width: number, height: number) => ({
  label: "Pneumonia",
  x,
  y,
  width,
  height,
});

/** Imports one picture with these corners. */
async function imported(
  corners: unknown,
  size: readonly [number, number] = [1024, 1024],
  options?: RsnaOptions,
) {
  const lists = { train: `image_path,bbox\na.png,"${JSON.stringify(corners)}"\n` };
  const set = await writeAnnotatedSet(root, { pictures: { "a.png": size }, lists });
  const summary = await importAnnotations(rsnaPneumonia(options), set);
  const [record = assert.fail()] = await allRecords(set.out);
  return { summary, record };
}

describe("importAnnotations() of RSNA", () => {
  test("the published list, and a DICOM's conversion in its place", async () => {
    const url = new URL("../../../test/fixtures/lists/rsna/val_list.csv", import.meta.url);
    const val = (await readFile(fileURLToPath(url), "utf8")).replace("cc.png", "cc.dcm");
    const side = [1024, 1024] as const;
    const pictures = {
      "train_images/aa.png": side,
      "train_images/bb.png": side,
      "train_images/cc.png": side,
    };
    const set = await writeAnnotatedSet(root, { pictures, lists: { val } });
    const { boxes, mostBoxes, manyBoxes, positives, negatives, repairs } = await importAnnotations(
      rsnaPneumonia(),
      set,
    );
    assert.deepEqual(
      [boxes, mostBoxes, manyBoxes, positives, negatives, repairs],
      [3, 2, 0, 2, 1, {}],
    );
    const said = (await allRecords(set.out)).map((record) => [
      record.image,
      record.labels,
      record.boxes,
    ]);
    assert.deepEqual(said, [
      ["train_images/aa.png", { Pneumonia: 1 }, [box(296, 297, 186, 181), box(606, 256, 235, 355)]],
      ["train_images/bb.png", { Pneumonia: 0 }, []],
      ["train_images/cc.png", { Pneumonia: 1 }, [box(1, 2, 3, 7)]],
    ]);
    const { task, maskRoot } = (await openDataset(set.out)).manifest;
    assert.deepEqual([task, maskRoot], [["classify", "segment", "detect"], undefined]);
  });

  test("the challenge's own table: a row for each box, pictures called like patients", async () => {
    const header = "patientId,x,y,width,height,Target\n";
    const train = `${header}p1,264.0,152.0,213.0,379.0,1\np2,,,,,0\np1,562.0,152.0,256.0,453.0,1\n`;
    const side = [1024, 1024] as const;
    const pictures = { "p1.png": side, "p2.jpg": side };
    const set = await writeAnnotatedSet(root, { pictures, lists: { train } });
    await importAnnotations(rsnaPneumonia(), { ...set, patientPattern: "^(.*)\\.\\w+$" });
    const said = (await allRecords(set.out)).map(({ image, patient, boxes }) => [
      image,
      patient,
      boxes,
    ]);
    assert.deepEqual(said, [
      ["p1.png", "p1", [box(264, 152, 213, 379), box(562, 152, 256, 453)]],
      ["p2.jpg", "p2", []],
    ]);
    for (const [rows, message] of [
      ["p1,1,2,3,4,1\np1,,,,,0\n", /line 3: the picture has a row before, in line 2/],
      ["p1,1,,3,4,1\n", /line 2: column "y" is no number/],
      ["p1,1,2,3,4,2\n", /line 2: column "Target" is neither 0 nor 1/],
      [",,,,,0\n", /line 2: column "patientId" is empty/],
    ] as const) {
      const wrong = await writeAnnotatedSet(root, { pictures, lists: { train: header + rows } });
      await assert.rejects(importAnnotations(rsnaPneumonia(), wrong), {
        name: "ManifestError",
        message,
      });
    }
  });

  test("scales boxes to pictures of another size, counted", async () => {
    const { summary, record } = await imported([[256, 512, 768, 1024]], [256, 256]);
    assert.deepEqual(record.boxes, [box(64, 128, 128, 128)]);
    assert.deepEqual(summary.repairs, { "scaled-boxes": 1 });
    await assert.rejects(
      imported([[1, 2, 3, 4]], [256, 255]),
      /"a\.png": the picture has 256 x 255 pixels, expected 1024 x 1024/,
    );
  });

  test("turns swapped corners round and cuts at the edge, counted", async () => {
    const { summary, record } = await imported([
      [30, 5, 10, 25],
      [1000, 1000, 1100, 1020],
    ]);
    assert.deepEqual(record.boxes, [box(10, 5, 20, 20), box(1000, 1000, 24, 20)]);
    assert.deepEqual(summary.repairs, { "swapped-corners": 1, "cut-box": 1 });
  });

  test("boxes without area or outside are errors, or left out and counted", async () => {
    await assert.rejects(
      imported([
        [1, 2, 3, 4],
        [7, 7, 7, 9],
      ]),
      {
        name: "ManifestError",
        message:
          /train\.csv" line 2: "a\.png": its box 2 has no area: its sides are 0 x 2; correct the list, or leave such boxes out$/,
      },
    );
    await assert.rejects(
      imported([[1024, 0, 1030, 5]]),
      /its box 1 lies outside its picture of 1024 x 1024 pixels/,
    );
    const some = await imported(
      [
        [1, 2, 3, 4],
        [7, 7, 7, 9],
      ],
      [1024, 1024],
      { faults: "repair" },
    );
    assert.deepEqual(
      [some.record.boxes, some.summary.repairs],
      [[box(1, 2, 2, 2)], { "dropped-box": 1 }],
    );
    // With all of them gone it is not known where it is, but that it is there.
    const none = await imported([[7, 7, 7, 9]], [1024, 1024], { faults: "repair" });
    assert.deepEqual([none.record.boxes, none.record.labels], [undefined, { Pneumonia: 1 }]);
  });

  test("takes more boxes than detection does, and says so", async () => {
    const many = Array.from({ length: 12 }, (_, i) => [i, i, i + 5, i + 5]);
    const { summary } = await imported(many);
    assert.deepEqual([summary.mostBoxes, summary.manyBoxes], [12, 1]);
  });
});
