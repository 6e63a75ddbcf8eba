import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ConfigError, ManifestError } from "../../util/errors.ts";
import { checkDataset } from "../check-dataset.ts";
import { openDataset } from "../dataset.ts";
import { DatasetIndex, type JoinedRecord } from "../dataset-index.ts";
import type { DatasetRecord, Privacy } from "../record.ts";
import { writeDataset } from "../write-dataset.ts";
import { type SplitDatasetOptions, splitDataset } from "./split-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "split-dataset-"));
after(() => rm(root, { recursive: true, force: true }));

const CREATED = new Date("2026-01-02T03:04:05Z");
const RATIO = { train: 70, val: 10, test: 20 };

/** Two films a patient; every fifth film shows A. Film 0 says that it is for testing. */
const records: readonly DatasetRecord[] = Array.from({ length: 200 }, (_, i) => ({
  id: `r${i}`,
  image: `${i}.png`,
  patient: `p${Math.floor(i / 2)}`,
  labels: { A: i % 5 === 0 ? 1 : 0, B: -1 },
  ...(i === 0 && { split: "test" as const }),
}));

async function datasetOf(
  lines: readonly DatasetRecord[] = records,
  { privacy = "public", classes = ["A"] }: { privacy?: Privacy; classes?: string[] } = {},
): Promise<string> {
  const out = join(await mkdtemp(join(root, "case-")), "set");
  const manifest = {
    format: 1,
    name: "drawn",
    licence: "",
    privacy,
    imageRoot: root,
    task: [],
    classes,
    importer: "test",
    created: "2026-01-01T00:00:00Z",
  } as const;
  await writeDataset({ out, manifest, records: lines });
  return out;
}

function split(folder: string, options: Partial<SplitDatasetOptions> = {}) {
  const plan = { seed: 1, ratio: RATIO, fractions: [1, 10, 100], keep: [] };
  return splitDataset({ ...plan, folder, created: CREATED, ...options });
}

async function collect(folder: string): Promise<JoinedRecord[]> {
  const all: JoinedRecord[] = [];
  for await (const record of (await openDataset(folder)).records()) all.push(record);
  return all;
}

function fails(kind: typeof ManifestError | typeof ConfigError, message: RegExp) {
  return (error: unknown): true => {
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, message);
    return true;
  };
}

describe("splitDataset()", () => {
  test("writes the split beside the records, which stay as they are, and every reader then sees it", async () => {
    const folder = await datasetOf();
    const before = await readFile(join(folder, "records.jsonl"));
    const identity = await (await openDataset(folder)).identity();
    const { file, unchanged, parts, patients, withoutPatient, warnings } = await split(folder);
    assert.equal(file, join(folder, "split.jsonl"));
    assert.equal(unchanged, false);
    assert.deepEqual(await readFile(join(folder, "records.jsonl")), before);
    assert.deepEqual([patients, withoutPatient, warnings.length], [100, 0, 1]);
    assert.match(warnings[0] ?? "", /^no record of train at 1 % shows "A"$|^no record of any/);
    assert.deepEqual(
      parts.map(({ split, fraction, records: count }) => [split, fraction, count]),
      [
        ["train", 1, 2],
        ["train", 10, 14],
        ["train", undefined, 140],
        ["val", undefined, 20],
        ["test", undefined, 40],
      ],
    );
    assert.deepEqual(
      parts.slice(2).map(({ positives }) => positives),
      [[28], [4], [8]],
    );

    const dataset = await openDataset(folder);
    assert.notEqual(await dataset.identity(), identity);
    const joined = await collect(folder);
    assert.equal(joined.filter((record) => record.split === "test").length, 40);
    assert.ok(joined.every((one) => (one.split === "train") === (one.fraction !== undefined)));
    await using index = await dataset.index({ splits: ["train"], fraction: 10 });
    assert.equal(index.size, 14);
    await using clone = new DatasetIndex(structuredClone(index.handle));
    const wanted = joined.filter(({ fraction = 1000 }) => fraction <= 10);
    for (const [i, record] of wanted.entries()) assert.deepEqual(await clone.read(i), record);
    await using rest = await dataset.index({ fraction: 1 });
    assert.equal(rest.size, 2 + 60, "a fraction leaves the other splits whole");
  });

  test("keeps date and identity when the same split stands there, and asks before it replaces another", async () => {
    const folder = await datasetOf();
    await split(folder);
    const text = await readFile(join(folder, "split.jsonl"), "utf8");
    const again = await split(folder, { created: new Date("2027-01-01T00:00:00Z") });
    assert.equal(again.unchanged, true);
    assert.equal(await readFile(join(folder, "split.jsonl"), "utf8"), text);
    await assert.rejects(
      split(folder, { seed: 2 }),
      fails(ConfigError, /another split\.jsonl.*--force/),
    );
    assert.equal(await readFile(join(folder, "split.jsonl"), "utf8"), text);
    assert.equal((await split(folder, { seed: 2, replace: true })).unchanged, false);
    assert.notEqual(await readFile(join(folder, "split.jsonl"), "utf8"), text);
  });

  test("replaces a split file that is damaged, when it may", async () => {
    const folder = await datasetOf();
    await writeFile(join(folder, "split.jsonl"), "{");
    await assert.rejects(split(folder), ConfigError);
    await split(folder, { replace: true });
    assert.equal((await collect(folder)).length, 200);
  });

  test("gives the same assignments whatever the order of the records", async () => {
    const [a, b] = [await datasetOf(), await datasetOf(records.toReversed())];
    for (const folder of [a, b]) await split(folder);
    const places = async (folder: string): Promise<readonly string[]> =>
      (await collect(folder)).map(({ id, split, fraction }) => `${id} ${split} ${fraction}`).sort();
    assert.deepEqual(await places(a), await places(b));
  });

  test("keeps an official test list, and leaves out the other films of its patients", async () => {
    const folder = await datasetOf();
    const { leftOut, warnings } = await split(folder, { keep: ["test"] });
    assert.equal(leftOut, 1);
    assert.ok(warnings.some((warning) => /^1 records are in no split/.test(warning)));
    const joined = await collect(folder);
    assert.deepEqual(
      joined.filter((record) => record.split === "test").map(({ id }) => id),
      ["r0"],
    );
    assert.equal(joined.find(({ id }) => id === "r1")?.split, undefined);
    await using none = await (await openDataset(folder)).index({ splits: ["none"] });
    assert.deepEqual([none.size, (await none.read(0)).id], [1, "r1"]);
  });

  test("counts classes that the dataset does not declare, of one class a record too", async () => {
    const lines = Array.from({ length: 30 }, (_, i) => ({
      id: `${i}`,
      image: `${i}.png`,
      class: i % 3 === 0 ? "z" : "y",
    }));
    const { classes, parts, withoutPatient } = await split(await datasetOf(lines, { classes: [] }));
    assert.deepEqual([classes, withoutPatient], [["y", "z"], 30]);
    assert.deepEqual(parts.at(2)?.positives, [14, 7]);
  });

  test("the file of a private set is its owner's alone", async () => {
    const folder = await datasetOf(records, { privacy: "private" });
    await split(folder);
    assert.equal((await stat(join(folder, "split.jsonl"))).mode & 0o077, 0);
  });

  test("says in a sentence what is wrong with the folder", async () => {
    const refuses = (folder: string, message: RegExp): Promise<void> =>
      assert.rejects(split(folder), fails(ManifestError, message));
    await refuses(join(root, "none"), /^Cannot open dataset ".*none": no such folder$/);
    const folder = await datasetOf();
    await writeFile(join(folder, "records.jsonl"), "");
    await refuses(folder, /^Cannot open dataset ".*set": its records\.jsonl is empty$/);
    await rm(join(folder, "records.jsonl"));
    await refuses(folder, /its records\.jsonl is missing$/);
  });

  test("refuses plans that make no sense", async () => {
    const folder = await datasetOf();
    const refuses = (options: Partial<SplitDatasetOptions>, message: RegExp): Promise<void> =>
      assert.rejects(split(folder, options), fails(ConfigError, message));
    await refuses({ fractions: [0, 100] }, /a fraction is 0, expected percentages/);
    await refuses({ fractions: [101] }, /a fraction is 101/);
    await refuses({ ratio: { train: 0, val: 1, test: 1 } }, /leaves nothing to train on/);
    await refuses({ ratio: { train: 1, val: -1, test: 1 } }, /the ratio is 1,-1,1/);
    await refuses({ ratio: { train: 1e308, val: 1e308, test: 1e308 } }, /the ratio is 1e\+308,/);
    await refuses(
      { fractions: Array.from({ length: 150 }, (_, i) => (i + 1) / 2) },
      /150 fractions|151 fractions/,
    );
  });
});

test("splitDataset() deals out what masks and boxes show, where no label speaks of it", async () => {
  const box = { x: 0, y: 0, width: 1, height: 1 };
  const folder = await datasetOf(
    records.map(({ labels: _, ...record }, i) => ({
      ...record,
      ...(i % 4 === 0 && { masks: { Lung: `${i}.png` } }),
      boxes: i % 10 === 0 ? [{ ...box, label: "Nodule" }] : [],
      labels: { Lung: i % 8 === 0 ? 0 : 1 } as const,
    })),
    { classes: ["Lung", "Nodule"] },
  );
  const { parts } = await split(folder);
  const total = (at: number): number =>
    parts.slice(2).reduce((sum, { positives }) => sum + (positives[at] ?? 0), 0);
  // The label decides of the lungs, not the mask; nothing but boxes speaks of the nodules.
  assert.deepEqual([total(0), total(1)], [175, 20]);
  assert.ok(parts.slice(2).every(({ positives }) => (positives[1] ?? 0) > 0));
});

describe("a dataset with a split", () => {
  test("asks for a new split when its records change, by reader and by check", async () => {
    const folder = await datasetOf();
    await split(folder);
    await appendFile(join(folder, "records.jsonl"), '{"id":"new","report":"x"}\n');
    await assert.rejects(
      collect(folder),
      fails(
        ManifestError,
        /records\.jsonl has changed since the split was made.*data split .* --force/,
      ),
    );
    const { problems, ok, splits } = await checkDataset({ folder, files: false });
    assert.equal(ok, false);
    assert.deepEqual(
      problems.filter(({ severity }) => severity === "error").map(({ kind }) => kind),
      ["unusable-split", "undeclared-class"],
    );
    assert.deepEqual(splits, { train: 0, val: 0, test: 1, none: 200 });
  });

  test("refuses a split whose ids are not those of the records", async () => {
    const folder = await datasetOf();
    await split(folder);
    const path = join(folder, "split.jsonl");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/\{"id":"r7",[^\n]*\n/, ""));
    await assert.rejects(
      collect(folder),
      fails(ManifestError, /it has no line for the record "r7"/),
    );
    const { problems } = await checkDataset({ folder, files: false });
    assert.deepEqual(problems.find(({ kind }) => kind === "unusable-split")?.examples, [
      "r7 has no line",
    ]);
    await writeFile(path, `${text}{"id":"zz","split":"val"}\n`);
    await assert.rejects(collect(folder), fails(ManifestError, /lines for 1 ids of no record/));
    await writeFile(path, `${text}{"id":"r7","split":"val"}\n`);
    await assert.rejects(
      collect(folder),
      fails(ManifestError, /line 202: id "r7" has a line before/),
    );
    await writeFile(path, text.replace(/"split":"val"/, '"split":"train"'));
    await assert.rejects(
      collect(folder),
      fails(ManifestError, /split is train and fraction missing, expected a fraction for train/),
    );
    await writeFile(path, text.replace(/"fraction":10\}/, '"fraction":11}'));
    await assert.rejects(
      collect(folder),
      fails(ManifestError, /fraction is 11, expected one of 1, 10/),
    );
    await writeFile(path, "");
    await assert.rejects(collect(folder), fails(ManifestError, /it is empty/));
  });

  test("lists the fractions that there are when another is asked for", async () => {
    const folder = await datasetOf();
    const dataset = await openDataset(folder);
    await using all = await dataset.index({ fraction: 100 });
    assert.equal(all.size, 200, "all labels need no split");
    await assert.rejects(
      dataset.index({ fraction: 10 }),
      fails(
        ManifestError,
        /it has no split\.jsonl; make them with "ecamp data split .* --fractions 10,100"$/,
      ),
    );
    await split(folder);
    const before = (await collect(folder)).map((record) => record.split);
    await split(folder, { fractions: [1, 5, 10, 100], replace: true });
    assert.deepEqual(
      (await collect(folder)).map((record) => record.split),
      before,
      "another fraction moves nobody to another split",
    );
    await split(folder, { replace: true });
    await assert.rejects(
      dataset.index({ fraction: 5 }),
      fails(
        ManifestError,
        /has the fractions 1, 10, 100; make them with .* --fractions 1,5,10,100 --seed 1 --ratio 70,10,20 --force"$/,
      ),
    );
  });

  test("is checked by its split, not by what the records say", async () => {
    const leaking = records.map((record, i) => ({
      ...record,
      split: i % 2 === 0 ? ("train" as const) : ("test" as const),
    }));
    const folder = await datasetOf(leaking);
    const before = await checkDataset({ folder, files: false });
    assert.equal(before.problems.find(({ kind }) => kind === "patient-in-two-splits")?.count, 100);
    await split(folder);
    const { problems, split: provenance } = await checkDataset({ folder, files: false });
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ["undeclared-class"],
    );
    assert.equal(provenance?.seed, 1);
  });
});
