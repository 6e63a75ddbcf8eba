import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { allRecords, writeAnnotatedSet } from "../../../test/annotated-set.ts";
import { openDataset } from "../dataset.ts";
import { importAnnotations } from "../import-annotations.ts";
import { readMasks } from "../read-masks.ts";
import { type RigaOptions, riga } from "./riga.ts";

const root = await mkdtemp(join(tmpdir(), "riga-"));
after(() => rm(root, { recursive: true, force: true }));

/** Imports one picture of 4 × 1 pixels with this mask; the two masks that come of it. */
async function imported(mask: readonly number[], options?: RigaOptions) {
  const set = await writeAnnotatedSet(root, {
    pictures: { "a.png": [4, 1], "m.png": [mask] },
    lists: { train: "img_path,mask_path\na.png,m.png\n" },
  });
  const { repairs, emptyMasks } = await importAnnotations(riga(options), set);
  const { maskRoot } = await openDataset(set.out);
  const [record = assert.fail()] = await allRecords(set.out);
  const { masks } = await readMasks(record, ["disc", "cup"], {
    maskRoot,
    size: { width: 4, height: 1 },
  });
  return { planes: masks.map((one) => one && [...one.data]), repairs, emptyMasks, record };
}

describe("importAnnotations() of RIGA+", () => {
  test("the published list, whose TIFF files were converted", async () => {
    const url = new URL("../../../test/fixtures/lists/riga/val_list.csv", import.meta.url);
    const val = await readFile(fileURLToPath(url), "utf8");
    const mask = [[0, 128, 255]];
    const set = await writeAnnotatedSet(root, {
      pictures: {
        ...{ "Image/SetA/image1.png": [3, 1], "Image/SetB/image 2.png": [3, 1] },
        ...{ "FinalLabel/SetA/image1.png": mask, "FinalLabel/SetB/image 2.png": mask },
      },
      lists: { val },
    });
    const summary = await importAnnotations(riga(), set);
    assert.deepEqual([summary.imported.val, summary.masks, summary.repairs], [2, 4, {}]);
    const image = "Image/SetB/image 2.png";
    assert.deepEqual((await allRecords(set.out))[1], {
      ...{ id: image, image, split: "val" },
      masks: { disc: `disc/val/${image}`, cup: `cup/val/${image}` },
    });
    assert.deepEqual((await openDataset(set.out)).manifest.classes, ["disc", "cup"]);
  });

  test("the cup lies in the disc, whatever the disc's level", async () => {
    const { planes, repairs } = await imported([0, 1, 255, 1]);
    assert.deepEqual(planes, [
      [0, 1, 1, 1],
      [0, 0, 1, 0],
    ]);
    assert.deepEqual(repairs, {});
    const without = await imported([0, 128, 128, 0]);
    assert.deepEqual([without.planes[1], without.emptyMasks], [[0, 0, 0, 0], 1]);
  });

  test("levels of no class are an error, or go to the nearest that is one, counted", async () => {
    await assert.rejects(imported([3, 128, 250, 255]), {
      name: "ManifestError",
      message:
        /train\.csv" line 2: "a\.png": its mask has the levels 3, 128, 250 between 0 and 255, expected one at most, the disc's; has it been resized, or stored as JPEG\?$/,
    });
    const { planes, repairs } = await imported([3, 100, 250, 255], { faults: "repair" });
    assert.deepEqual(planes, [
      [0, 1, 1, 1],
      [0, 0, 1, 1],
    ]);
    assert.deepEqual(repairs, { "odd-level": 1 });
  });

  test("refuses a mask of another size or one that is not there", async () => {
    await assert.rejects(
      imported([0, 128, 255]),
      /m\.png": it has 3 x 1 pixels and its picture 4 x 1, expected the same size$/,
    );
    const set = await writeAnnotatedSet(root, {
      pictures: { "a.png": [4, 1] },
      lists: { train: "img_path,mask_path\na.png,m.png\n" },
    });
    await assert.rejects(
      importAnnotations(riga(), set),
      /line 2: "a\.png": "m\.png" is not in ".*pictures"$/,
    );
  });

  test("refuses two pictures whose masks would have one name", async () => {
    const set = await writeAnnotatedSet(root, {
      pictures: { a: [4, 1], "a.png": [4, 1], "m.png": [[0, 128, 255, 0]] },
      lists: { train: "img_path,mask_path\na.png,m.png\na,m.png\n" },
    });
    await assert.rejects(importAnnotations(riga(), set), {
      name: "ManifestError",
      message: /^Cannot save the mask of "a" as "disc\/train\/a\.png": another picture's mask has/,
    });
  });
});
