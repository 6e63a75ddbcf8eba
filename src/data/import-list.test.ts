import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ConfigError, EcampError, ManifestError } from "../util/errors.ts";
import { openDataset } from "./dataset.ts";
import type { JoinedRecord } from "./dataset-index.ts";
import { type ImportListOptions, importLists } from "./import-list.ts";
import type { Split } from "./record.ts";
import { findLeaks } from "./split/find-leaks.ts";

const root = await mkdtemp(join(tmpdir(), "import-list-"));
const imageRoot = join(root, "images");
const idKeyFile = join(root, "config", "id-key");
before(async () => {
  await mkdir(join(imageRoot, "sub"), { recursive: true });
  for (const name of ["1_a.png", "1_b.png", "2_a.png", "sub/3_a.png", "my film.png"]) {
    await writeFile(join(imageRoot, name), "");
  }
});
after(() => rm(root, { recursive: true, force: true }));

type Texts = Partial<Record<Split, string | Uint8Array>>;

/** Writes a list of each text and says how to import them, as a public set. */
async function listsOf(
  texts: Texts,
  changes: Partial<ImportListOptions> = {},
): Promise<ImportListOptions> {
  const folder = await mkdtemp(join(root, "case-"));
  const lists: Partial<Record<Split, string>> = {};
  for (const split of ["train", "val", "test"] as const) {
    const text = texts[split];
    if (text === undefined) continue;
    lists[split] = join(folder, `${split}_list.txt`);
    await writeFile(join(folder, `${split}_list.txt`), text);
  }
  return {
    ...{ lists, imageRoot },
    classes: ["Edema", "Mass"],
    out: join(folder, "out"),
    name: "test",
    licence: "none",
    privacy: "public",
    created: new Date("2026-01-01T00:00:00Z"),
    ...changes,
  };
}

async function recordsOf(folder: string): Promise<JoinedRecord[]> {
  const records: JoinedRecord[] = [];
  for await (const record of (await openDataset(folder)).records()) records.push(record);
  return records;
}

async function rejects(options: ImportListOptions, message: RegExp): Promise<void> {
  await assert.rejects(importLists(options), (error) => {
    assert.ok(error instanceof EcampError, String(error));
    assert.match(error.message, message);
    return true;
  });
  assert.equal(existsSync(options.out), false);
  const left = await readdir(join(options.out, ".."));
  assert.deepEqual(
    left.filter((name) => name.endsWith(".tmp")),
    [],
  );
}

describe("importLists() of every form", () => {
  test("a column a class: records keep the splits of their lists", async () => {
    const options = await listsOf({
      train: "\ufeff1_a.png 0 1\r\n\r\n./1_b.png\t1 -1 \r\n",
      val: "2_a.png 0 0",
      test: "sub\\3_a.png 1 1\n",
    });
    assert.deepEqual(await importLists(options), {
      imported: { train: 2, val: 1, test: 1 },
      repeated: 0,
      missingImage: 0,
      inSeveralLists: 0,
      patients: 0,
      withoutPatient: 4,
    });
    const labelled = (image: string, split: Split, Edema: number, Mass: number) => ({
      ...{ id: image, image, split },
      labels: { Edema, Mass },
    });
    assert.deepEqual(await recordsOf(options.out), [
      labelled("1_a.png", "train", 0, 1),
      labelled("1_b.png", "train", 1, -1),
      labelled("2_a.png", "val", 0, 0),
      labelled("sub/3_a.png", "test", 1, 1),
    ]);
    const { manifest } = await openDataset(options.out);
    const { classes, task, importer } = manifest;
    assert.deepEqual([classes, task, importer], [["Edema", "Mass"], ["classify"], "list"]);
    assert.equal(manifest.imageRoot, imageRoot);
  });

  test("one column with the number of the class, one list alone", async () => {
    const options = await listsOf(
      { test: "1_a.png 0\n2_a.png 2" },
      { classes: ["grade 0", "grade 1", "grade 2"] },
    );
    assert.deepEqual((await importLists(options)).imported, { train: 0, val: 0, test: 2 });
    const found = (await recordsOf(options.out)).map((record) => [record.class, record.labels]);
    assert.deepEqual(found, [
      ["grade 0", undefined],
      ["grade 2", undefined],
    ]);
  });

  test("one class: its column says present or absent", async () => {
    const options = await listsOf({ train: "1_a.png 0\n2_a.png 1" }, { classes: ["Pneumonia"] });
    await importLists(options);
    const labels = (await recordsOf(options.out)).map((record) => record.labels);
    assert.deepEqual(labels, [{ Pneumonia: 0 }, { Pneumonia: 1 }]);
  });

  test("commas between the cells: paths may hold spaces", async () => {
    const options = await listsOf({ train: "my film.png, 0, 1\n1_a.png,1,0\n" });
    await importLists(options);
    const images = (await recordsOf(options.out)).map(({ image }) => image);
    assert.deepEqual(images, ["my film.png", "1_a.png"]);
  });
});

describe("importLists() of lines that repeat", () => {
  test("leaves a repeated line out, in another spelling too", async () => {
    const options = await listsOf({ train: "1_a.png 0 1\n./1_a.png  0\t1\n1_b.png 0 0" });
    const { imported, repeated } = await importLists(options);
    assert.deepEqual([imported.train, repeated], [2, 1]);
  });

  test("refuses a line that contradicts another", async () => {
    const options = await listsOf({ train: "1_a.png 0 1\n1_b.png 0 0\n./1_a.png 1 1" });
    await rejects(options, /train_list\.txt" line 3: the picture has other labels in line 1$/);
  });

  test("gives a picture in two lists two records, so that the leak is found and named", async () => {
    const options = await listsOf({
      train: "1_a.png 0 1\n1_b.png 0 0",
      test: "./1_b.png 0 0\n2_a.png 1 1",
    });
    assert.equal((await importLists(options)).inSeveralLists, 1);
    const ids = (await recordsOf(options.out)).map(({ id, image }) => [id, image]);
    assert.deepEqual(ids, [
      ["1_a.png", "1_a.png"],
      ["1_b.png", "1_b.png"],
      ["1_b.png (test)", "1_b.png"],
      ["2_a.png", "2_a.png"],
    ]);
    const leaks = await findLeaks(await openDataset(options.out));
    assert.deepEqual(leaks.shared, [
      { splits: ["train", "test"], patients: 0, images: 1, copies: 0 },
    ]);
    assert.deepEqual(leaks.examples?.images, ["1_b.png"]);
  });
});

describe("importLists() of patients", () => {
  test("knows them by pattern or by table, and then finds those in two lists", async () => {
    const texts = {
      train: "1_a.png 0 1\n2_a.png 0 0",
      val: "1_b.png 0 0",
      test: "sub/3_a.png 0 0",
    };
    const byPattern = await listsOf(texts, { patientPattern: "(\\d+)_" });
    const { patients, withoutPatient } = await importLists(byPattern);
    assert.deepEqual([patients, withoutPatient], [3, 0]);
    const leaks = await findLeaks(await openDataset(byPattern.out));
    assert.deepEqual(leaks.shared, [
      { splits: ["train", "val"], patients: 1, images: 0, copies: 0 },
    ]);
    assert.deepEqual(leaks.examples?.patients, ["1"]);

    const patientsFile = join(root, "patients.csv");
    await writeFile(patientsFile, "path,patient\n1_a.png,x\n./2_a.png,y\nsub/3_a.png,z\n");
    const byTable = await listsOf(texts, { patientsFile });
    const found = await importLists(byTable);
    assert.deepEqual([found.patients, found.withoutPatient], [3, 1]);
    const records = await recordsOf(byTable.out);
    assert.deepEqual(
      records.map(({ patient }) => patient),
      ["x", "y", undefined, "z"],
    );
    await rejects(
      await listsOf(texts, { patientsFile, patientPattern: "." }),
      /^Cannot import lists: both a table and a pattern of patients are given/,
    );
  });

  test("hides ids and files of a private set, equal patients under equal names", async () => {
    const options = await listsOf(
      { train: "1_a.png 0 1\n1_b.png 0 0\n2_a.png 0 0" },
      { privacy: "private", patientPattern: "^(\\d+)_", idKeyFile },
    );
    await importLists(options);
    const records = await recordsOf(options.out);
    for (const { id, patient } of records) {
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.match(patient ?? "", /^[0-9a-f]{32}$/);
    }
    const [a, b, c] = records.map(({ patient }) => patient);
    assert.equal(a, b);
    assert.notEqual(a, c);
    if (process.platform !== "win32") {
      assert.equal((await stat(join(options.out, "records.jsonl"))).mode & 0o077, 0);
    }
    const kept = await listsOf({ train: "1_a.png 0 1" }, { privacy: "private", keepIds: true });
    await importLists(kept);
    assert.deepEqual(
      (await recordsOf(kept.out)).map(({ id }) => id),
      ["1_a.png"],
    );
    await rejects(
      await listsOf({ train: "1_a.png 0 1" }, { privacy: "private" }),
      /^Cannot import lists as a private set: no key file for pseudonyms is named/,
    );
  });
});

describe("importLists() of what is wrong", () => {
  test("stops at a picture that is not there, or skips it", async () => {
    const texts = { train: "1_a.png 0 1\ngone.png 0 0", val: "sub 0 0" };
    await rejects(
      await listsOf(texts),
      /train_list\.txt" line 2: its picture is not in ".*images": there is no file "[^"]+"; correct the list or the folder/,
    );
    const skipping = await listsOf(texts, { onMissingImage: "skip" });
    const { imported, missingImage } = await importLists(skipping);
    assert.deepEqual([imported, missingImage], [{ train: 1, val: 0, test: 0 }, 2]);
    await rejects(
      await listsOf({ train: "gone.png 0 0\naway.png 0 0" }, { onMissingImage: "skip" }),
      /^Cannot import lists: none of their 2 pictures is in ".*images"; correct the folder/,
    );
  });

  test("refuses paths that leave the folder, and lists that are none", async () => {
    const refuses = async (train: string | Uint8Array, message: RegExp): Promise<void> =>
      rejects(await listsOf({ train }), message);
    await refuses("1_a.png 0 1\n../x.png 0 1", /line 2: its path is "\.\.\/x\.png", expected one/);
    await refuses("/etc/passwd 0 1", /line 1: its path is "\/etc\/passwd", expected one inside/);
    await refuses("", /train_list\.txt": it lists nothing$/);
    await refuses("1_a.png 0 nan", /line 1: a label is "nan", expected a whole number/);
    await refuses(
      "1_a.png 0 1 0",
      /line 1: its number of labels is 3, expected 2, one for each class/,
    );
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";
    await refuses(pointer, /train_list\.txt": it is a Git LFS pointer, and the list has not been/);
    await refuses("image_path,bbox\n1_a.png,[]", /line 1: it looks like the header of a table/);
    await refuses(Buffer.from([0xff, 0xfe, 49, 0]), /train_list\.txt": it is not UTF-8 text$/);
  });

  test("refuses lists of two forms, classes without names, and no list at all", async () => {
    const texts = { train: "1_a.png 0 1", val: "2_a.png 1" };
    await rejects(
      await listsOf(texts),
      /train is multi-label, val is single-label, expected lists/,
    );
    const refuses = async (classes: readonly string[], message: RegExp): Promise<void> =>
      rejects(await listsOf({ train: "1_a.png 0 1" }, { classes }), message);
    await refuses([], /^Cannot import lists: no class is named, expected the classes/);
    await refuses(["A", "A"], /^Cannot import lists: "A" is named twice/);
    await refuses(["A", ""], /^Cannot import lists: a class has no name/);
    await rejects(await listsOf({}), /^Cannot import lists: none is given, expected one for train/);
  });

  test("refuses files that cannot be read or written, and says why", async () => {
    const options = await listsOf({ train: "1_a.png 0 1" });
    await rejects(
      { ...options, lists: { train: join(root, "no.txt") } },
      /no\.txt": no such file$/,
    );
    await rejects({ ...options, lists: { train: root } }, /^Cannot read ".*": .*directory/i);
    await importLists(options);
    const before = await readFile(join(options.out, "records.jsonl"), "utf8");
    await assert.rejects(importLists(options), /exists and is not empty/);
    assert.equal(await readFile(join(options.out, "records.jsonl"), "utf8"), before);
  });

  test("an error is one that callers can tell", async () => {
    await assert.rejects(importLists(await listsOf({})), ConfigError);
    await assert.rejects(importLists(await listsOf({ train: "x" })), ManifestError);
  });

  test("leaves nothing behind when it is stopped", async () => {
    const signal = AbortSignal.abort();
    const options = await listsOf({ train: "1_a.png 0 1" }, { signal });
    await assert.rejects(importLists(options), { name: "AbortError" });
    assert.equal(existsSync(options.out), false);
    assert.deepEqual(await readdir(join(options.out, "..")), ["train_list.txt"]);
  });
});
