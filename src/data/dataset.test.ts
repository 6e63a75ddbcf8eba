import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ManifestError } from "../util/errors.ts";
import { openDataset } from "./dataset.ts";
import type { JoinedRecord } from "./dataset-index.ts";
import { DatasetIndex } from "./dataset-index.ts";
import type { ContextRecord, DatasetManifest, DatasetRecord, WindowRecord } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "dataset-"));
after(() => rm(root, { recursive: true, force: true }));

const manifest: DatasetManifest = {
  format: 1,
  name: "drawn",
  licence: "CC0-1.0",
  privacy: "public",
  imageRoot: "pictures",
  task: ["pretrain"],
  classes: [],
  importer: "test",
  created: "2026-01-01T00:00:00Z",
};
const longReport = "normal ".repeat(5000);
const records: readonly DatasetRecord[] = [
  { id: "a", image: "a.png", split: "train", report: longReport },
  { id: "b", image: "b.png", split: "val", report: " \n" },
  { id: "ç", image: "c.png", split: "train" },
  { id: "d", report: "text alone", split: "test" },
  { id: "e", image: "e.png", report: "two\nlines “quoted”" },
];
// In another order than the records.
const context: readonly ContextRecord[] = [
  { id: "e", context: "there is no effusion.", provider: "rules" },
  { id: "a", context: "", provider: "rules" },
];
const windows: readonly WindowRecord[] = [
  { id: "ç", row: 2, column: 0 },
  { id: "a", row: 0, column: 1 },
];
const joined: readonly JoinedRecord[] = [
  { ...(records[0] ?? assert.fail()), context: "", window: { row: 0, column: 1 } },
  { ...(records[1] ?? assert.fail()) },
  { ...(records[2] ?? assert.fail()), window: { row: 2, column: 0 } },
  { ...(records[3] ?? assert.fail()) },
  { ...(records[4] ?? assert.fail()), context: "there is no effusion." },
];

async function writtenDataset(): Promise<string> {
  const out = join(await mkdtemp(join(root, "case-")), "set");
  await writeDataset({ out, manifest, records, context, windows });
  return out;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function readEach(index: DatasetIndex): Promise<JoinedRecord[]> {
  return Promise.all(Array.from({ length: index.size }, (_, position) => index.read(position)));
}

function isManifestError(message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ManifestError, String(error));
    assert.match(error.message, message);
    return true;
  };
}

describe("openDataset()", () => {
  test("streams the records with what stands beside them", async () => {
    const dataset = await openDataset(await writtenDataset());
    assert.deepEqual(dataset.manifest, manifest);
    assert.equal(dataset.imagePath("a.png"), join(dataset.folder, "pictures", "a.png"));
    assert.deepEqual(await collect(dataset.records()), joined);
  });

  test("reads any record of its index, here and from a cloned handle", async () => {
    const dataset = await openDataset(await writtenDataset());
    await using index = await dataset.index();
    assert.deepEqual(await readEach(index), joined);
    await using clone = new DatasetIndex(structuredClone(index.handle));
    assert.deepEqual(await readEach(clone), joined);
    await assert.rejects(index.read(5), RangeError);
  });

  test("chooses by split, report and image", async () => {
    const dataset = await openDataset(await writtenDataset());
    const idsOf = async (filter: Parameters<typeof dataset.index>[0]): Promise<string> => {
      await using index = await dataset.index(filter);
      return (await readEach(index)).map(({ id }) => id).join("");
    };
    assert.equal(await idsOf({ splits: ["train"] }), "aç");
    assert.equal(await idsOf({ splits: ["val", "test"] }), "bd");
    assert.equal(await idsOf({ splits: ["train", "none"] }), "açe");
    assert.equal(await idsOf({ hasReport: true }), "ade");
    assert.equal(await idsOf({ hasReport: true, hasImage: true }), "ae");
    assert.equal(await idsOf({ hasReport: false }), "bç");
    await assert.rejects(
      dataset.index({ splits: ["val"], hasReport: true, hasImage: true }),
      isManifestError(/none of its 5 records has split val, a report, an image$/),
    );
  });

  test("has an identity that changes with any of its files and nothing else", async () => {
    const folder = await writtenDataset();
    const identity = await (await openDataset(folder)).identity();
    assert.match(identity, /^[0-9a-f]{64}$/);
    await writeFile(join(folder, "notes.txt"), "mine");
    assert.equal(await (await openDataset(folder)).identity(), identity);
    await appendFile(join(folder, "window.jsonl"), '{"id":"b","row":1,"column":1}\n');
    const changed = await (await openDataset(folder)).identity();
    assert.notEqual(changed, identity);
    await rm(join(folder, "window.jsonl"));
    assert.notEqual(await (await openDataset(folder)).identity(), changed);
  });

  test("stops when told to", async () => {
    const dataset = await openDataset(await writtenDataset());
    const signal = AbortSignal.abort(new RangeError("enough"));
    await assert.rejects(dataset.index({}, signal), new RangeError("enough"));
    await assert.rejects(collect(dataset.records(signal)), new RangeError("enough"));
  });

  test("says when a file changed after it was indexed", async () => {
    const folder = await writtenDataset();
    await using index = await (await openDataset(folder)).index();
    await writeFile(join(folder, "context.jsonl"), "x".repeat(400));
    await assert.rejects(
      index.read(0),
      isManifestError(/context.jsonl" at byte \d+: the file has changed since it was indexed$/),
    );
    await writeFile(join(folder, "records.jsonl"), "");
    await assert.rejects(
      index.read(3),
      isManifestError(/records.jsonl" at byte \d+: the file ends/),
    );
  });
});

describe("openDataset() on what is not a dataset", () => {
  const faults: readonly {
    readonly what: string;
    readonly change: (folder: string) => Promise<unknown>;
    readonly message: RegExp;
  }[] = [
    {
      what: "a missing folder",
      change: (folder) => rm(folder, { recursive: true }),
      message: /^Cannot open dataset ".*": no such folder$/,
    },
    {
      what: "a file",
      change: async (folder) => {
        await rm(folder, { recursive: true });
        await writeFile(folder, "");
      },
      message: /it is a file, expected a folder with a dataset\.json$/,
    },
    {
      what: "a folder without dataset.json",
      change: (folder) => rm(join(folder, "dataset.json")),
      message: /it has no dataset\.json; make a dataset of your files with "ecamp data import"$/,
    },
    {
      what: "a folder without records.jsonl",
      change: (folder) => rm(join(folder, "records.jsonl")),
      message: /its records\.jsonl is missing$/,
    },
    {
      what: "an empty dataset",
      change: (folder) => writeFile(join(folder, "records.jsonl"), ""),
      message: /its records\.jsonl is empty$/,
    },
    {
      what: "a dataset of blank lines",
      change: (folder) => writeFile(join(folder, "records.jsonl"), "\n\n"),
      message: /holds not a single record$/,
    },
    {
      what: "another format",
      change: (folder) => writeFile(join(folder, "dataset.json"), '{"format":2}'),
      message: /its format is 2, expected 1; the folder was written by another version$/,
    },
    {
      what: "a damaged dataset.json",
      change: (folder) => writeFile(join(folder, "dataset.json"), '{"format":1,'),
      message: /dataset\.json": it is not valid JSON$/,
    },
    {
      what: "an id that occurs twice",
      change: (folder) => appendFile(join(folder, "records.jsonl"), '{"id":"b","report":""}\n'),
      message: /records\.jsonl" line 6: id "b" is also that of line 2, expected unique ids$/,
    },
    {
      what: "a truncated last line",
      change: (folder) => appendFile(join(folder, "records.jsonl"), '{"id":"f","report":"The he'),
      message: /records\.jsonl" line 6: it is not valid JSON; it seems to be cut off$/,
    },
    {
      what: "a path out of the image root",
      change: (folder) => appendFile(join(folder, "records.jsonl"), '{"id":"f","image":"../x"}\n'),
      message: /records\.jsonl" line 6: image is "\.\.\/x", expected a path without "\.\."$/,
    },
    {
      what: "a huge line",
      change: (folder) => appendFile(join(folder, "records.jsonl"), "x".repeat(2 ** 24)),
      message: /records\.jsonl" line 6: it is longer than 16777215 bytes/,
    },
    {
      what: "a context of other records",
      change: (folder) =>
        writeFile(join(folder, "context.jsonl"), '{"id":"other","context":"clear."}\n'),
      message: /context\.jsonl": none of its 1 ids is that of a record/,
    },
    {
      what: "two windows of one record",
      change: (folder) =>
        appendFile(join(folder, "window.jsonl"), '{"id":"a","row":0,"column":0}\n'),
      message: /window\.jsonl" line 3: id "a" has a line before it$/,
    },
  ];
  for (const { what, change, message } of faults) {
    test(`refuses ${what}`, async () => {
      const folder = await writtenDataset();
      await change(folder);
      const readAll = async (): Promise<void> => {
        await collect((await openDataset(folder)).records());
      };
      await assert.rejects(readAll, isManifestError(message));
      const index = async (): Promise<DatasetIndex> => (await openDataset(folder)).index();
      await assert.rejects(index, isManifestError(message));
    });
  }

  test("reads a folder whose pictures stand elsewhere", async () => {
    const folder = join(await mkdtemp(join(root, "case-")), "set");
    const pictures = join(root, "elsewhere");
    await mkdir(pictures);
    await writeDataset({ out: folder, manifest: { ...manifest, imageRoot: pictures }, records });
    const dataset = await openDataset(folder);
    assert.equal(dataset.imagePath("x/a.png"), join(pictures, "x", "a.png"));
    assert.equal(dataset.maskPath("x/a.png"), join(pictures, "x", "a.png"));
  });

  test("finds masks in the folder of their own that the manifest names", async () => {
    const folder = join(await mkdtemp(join(root, "case-")), "set");
    const split = { ...manifest, imageRoot: join(root, "elsewhere"), maskRoot: "masks" };
    await writeDataset({ out: folder, manifest: split, records });
    const dataset = await openDataset(folder);
    assert.equal(dataset.maskRoot, join(folder, "masks"));
    assert.equal(dataset.maskPath("lung/a.png"), join(folder, "masks", "lung", "a.png"));
    assert.equal(dataset.imagePath("a.png"), join(root, "elsewhere", "a.png"));
  });
});
