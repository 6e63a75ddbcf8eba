import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { allRecords, writeAnnotatedSet } from "../../../test/annotated-set.ts";
import { maskArea } from "../../image/mask.ts";
import { decodeRunLengths } from "../../image/run-lengths.ts";
import { openDataset } from "../dataset.ts";
import { importAnnotations } from "../import-annotations.ts";
import { readMasks } from "../read-masks.ts";
import { type SiimOptions, siimPneumothorax } from "./siim-pneumothorax.ts";

const root = await mkdtemp(join(tmpdir(), "siim-"));
after(() => rm(root, { recursive: true, force: true }));
const full = { width: 1024, height: 1024 } as const;

const row = (id: string, code: string): string => `${id},${code}\n`;
const list = (...rows: readonly string[]): string => `ImageId,EncodedPixels\n${rows.join("")}`;

/** Imports one training list; every picture is `side` × `side`. */
async function imported(
  text: string,
  ids: readonly string[],
  options: SiimOptions = {},
  side = 1024,
) {
  const pictures = Object.fromEntries(ids.map((id) => [`${id}.png`, [side, side] as const]));
  const set = await writeAnnotatedSet(root, { pictures, lists: { train: text } });
  const summary = await importAnnotations(siimPneumothorax(options), set);
  const dataset = await openDataset(set.out);
  const records = await allRecords(set.out);
  const size = { width: side, height: side };
  const masks = await Promise.all(
    records.map((record) =>
      readMasks(record, ["Pneumothorax"], { maskRoot: dataset.maskRoot, size }),
    ),
  );
  return { summary, records, masks: masks.map((one) => one.masks[0]), dataset, out: set.out };
}

/** What is said of a list that cannot be imported. */
async function fault(text: string, size: readonly [number, number], options?: SiimOptions) {
  const set = await writeAnnotatedSet(root, {
    pictures: { "a.png": size },
    lists: { train: text },
  });
  const failed = await importAnnotations(siimPneumothorax(options), set).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failed instanceof Error && failed.name === "ManifestError", String(failed));
  await assert.rejects(openDataset(set.out), /no such folder/);
  return failed.message;
}

describe("importAnnotations() of SIIM-ACR", () => {
  test("a picture that is not there: says where it was looked for, and that ids have no extension", async () => {
    const size = [16, 16] as const;
    assert.match(
      await fault(list(row("b", "-1")), size),
      /line 2: its picture is not in ".*": there is no file "train\/images\/1024\/dicom\/b\.png", "b\.png", "b\.jpg", "b\.jpeg"; correct the list/,
    );
    assert.match(
      await fault(list(row("a.png", "-1")), size),
      /no file .*"a\.png\.png", .*; its id ends in "\.png", expected ids without an extension; correct/,
    );
  });

  test("the published lists: rows of a picture united, nothing to mark elsewhere", async () => {
    const from = (name: string) =>
      readFile(
        fileURLToPath(new URL(`../../../test/fixtures/lists/siim/${name}`, import.meta.url)),
        "utf8",
      );
    const lists = { train: await from("train_list_1.csv"), val: await from("val_list.csv") };
    const ids = ["1.2.3.4", "9.8.7.6", "5.5.5.5", "4.4.4.4", "6.6.6.6", "1.2.3.9", "3.3.3.3"];
    const pictures = Object.fromEntries(
      ids.map((id) => [`train/images/1024/dicom/${id}.png`, [1024, 1024] as const]),
    );
    const set = await writeAnnotatedSet(root, { pictures, lists });
    const {
      imported: counts,
      positives,
      negatives,
      masks,
      repairs,
    } = await importAnnotations(siimPneumothorax(), set);
    assert.deepEqual(counts, { train: 5, val: 2, test: 0 });
    assert.deepEqual([positives, negatives, masks, repairs], [3, 4, 3, {}]);
    const { manifest, maskRoot } = await openDataset(set.out);
    const { classes, task, importer, maskRoot: noted } = manifest;
    assert.deepEqual(
      [classes, task, importer, noted],
      [["Pneumothorax"], ["classify", "segment"], "siim-pneumothorax", "masks"],
    );
    const records = await allRecords(set.out);
    const image = "train/images/1024/dicom/1.2.3.4.png";
    assert.deepEqual(records[0], {
      ...{ id: image, image, split: "train", labels: { Pneumothorax: 1 } },
      masks: { Pneumothorax: `Pneumothorax/train/${image}` },
    });
    assert.deepEqual([records[1]?.labels, records[1]?.masks], [{ Pneumothorax: 0 }, undefined]);
    const { masks: read } = await readMasks(records[0] ?? {}, ["Pneumothorax"], {
      maskRoot,
      size: full,
    });
    assert.deepEqual(read[0], decodeRunLengths(["100 5 1019 5", "500000 3"], full).mask);
  });

  test("as many negatives as positives, where that is asked for, by a seed", async () => {
    const ids = ["a", "b", "c", "d", "e", "f"];
    const text = list(
      row("d", "5 2"),
      ...ids.filter((id) => id !== "d").map((id) => row(id, "-1")),
    );
    const drawn = async (seed: number) => {
      const { summary, records } = await imported(text, ids, { negatives: "balanced", seed });
      assert.deepEqual([summary.positives, summary.negatives, summary.leftOut], [1, 1, 4]);
      assert.equal(records[0]?.id, "d.png");
      return records[1]?.id;
    };
    assert.equal(await drawn(3), await drawn(3));
    const seeds = await Promise.all([0, 1, 2, 4, 5].map(drawn));
    assert.ok(new Set(seeds).size > 1, seeds.join());
  });

  test("resizes masks to pictures of another size, counted", async () => {
    const { summary, masks } = await imported(
      list(row("a", "0 65536"), row("b", "5 1")),
      ["a", "b"],
      {},
      256,
    );
    assert.deepEqual(summary.repairs, { "resized-mask": 2, "vanished-mask": 1 });
    assert.equal(summary.emptyMasks, 1);
    const [whole = assert.fail(), none = assert.fail()] = masks;
    // The first 64 of 1024 columns.
    assert.equal(maskArea(whole), 16 * 256);
    assert.deepEqual([...whole.data.subarray(14, 18)], [1, 1, 0, 0]);
    assert.equal(maskArea(none), 0);
  });

  test("refuses a picture of another shape", async () => {
    assert.match(
      await fault(list(row("a", "5 2")), [1024, 800]),
      /train\.csv" line 2: "a\.png": the picture has 1024 x 800 pixels, expected 1024 x 1024, which the runs are of, or another square$/,
    );
  });

  test("runs beyond the picture are an error, or cut and counted", async () => {
    const text = list(row("a", "1048570 10"));
    assert.match(
      await fault(text, [1024, 1024]),
      /line 2: "a\.png": Cannot decode run-length code 1 .* passes the last of 1024 x 1024/,
    );
    const { summary, masks } = await imported(text, ["a"], { faults: "repair" });
    assert.deepEqual(summary.repairs, { "runs-beyond": 4 });
    assert.equal(maskArea(masks[0] ?? assert.fail()), 6);
  });

  test("counts runs of nothing and runs that overlap", async () => {
    const { summary, masks } = await imported(list(row("a", "10 4 5 0"), row("a", "12 4")), ["a"]);
    assert.deepEqual(summary.repairs, { "run-of-nothing": 1, "runs-overlapping": 2 });
    assert.equal(maskArea(masks[0] ?? assert.fail()), 6);
  });

  test("reads absolute starts, and refuses those that go back", async () => {
    const { masks } = await imported(list(row("a", "1 2 11 1")), ["a"], { starts: "absolute" });
    assert.deepEqual(masks[0], decodeRunLengths(["0 2 8 1"], full).mask);
    assert.match(
      await fault(list(row("a", "11 2 1 1")), [1024, 1024], { starts: "absolute" }),
      /its pair 2 is "1 1", which begins before the end of the run before, pixel 12; are its starts absolute\?$/,
    );
  });

  test("refuses odd counts, codes of nothing, and contradictions", async () => {
    const size = [1024, 1024] as const;
    assert.match(
      await fault(list(row("a", "5 2 7")), size),
      /line 2: column "EncodedPixels" is no run-length code/,
    );
    assert.match(
      await fault(list(row("a", "5 0")), size),
      /line 2: "a\.png": its codes mark nothing, expected -1/,
    );
    assert.match(
      await fault(list(row("a", "5 1"), row("a", "-1")), size),
      /line 3: the picture has a row before, in line 2/,
    );
  });
});
