import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { EcampError, ManifestError } from "../util/errors.ts";
import type { DatasetManifest, DatasetRecord } from "./record.ts";
import { writeDataset } from "./write-dataset.ts";

const root = await mkdtemp(join(tmpdir(), "write-dataset-"));
after(() => rm(root, { recursive: true, force: true }));

const manifest: DatasetManifest = {
  format: 1,
  name: "drawn",
  licence: "CC0-1.0",
  privacy: "public",
  imageRoot: ".",
  task: ["pretrain"],
  classes: [],
  importer: "test",
  created: "2026-01-01T00:00:00Z",
};
const records: readonly DatasetRecord[] = [
  { id: "a", image: "images/a.png", report: "clear." },
  { id: "b", report: "two\nlines" },
];

async function freshPath(): Promise<string> {
  return join(await mkdtemp(join(root, "case-")), "set");
}

async function readLines(path: string): Promise<unknown[]> {
  const text = await readFile(path, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("writeDataset()", () => {
  test("writes the manifest, the records and both sidecars", async () => {
    const out = await freshPath();
    const context = [{ id: "b", context: "no finding.", provider: "rules" }];
    const windows = [{ id: "a", row: 0, column: 2 } as const];
    assert.equal(await writeDataset({ out, manifest, records, context, windows }), 2);
    assert.deepEqual(JSON.parse(await readFile(join(out, "dataset.json"), "utf8")), manifest);
    assert.deepEqual(await readLines(join(out, "records.jsonl")), records);
    assert.deepEqual(await readLines(join(out, "context.jsonl")), context);
    assert.deepEqual(await readLines(join(out, "window.jsonl")), windows);
  });

  test("lets the source of the records put pictures into the folder", async () => {
    const out = await freshPath();
    await writeDataset({
      out,
      manifest,
      async *records(folder) {
        await mkdir(join(folder, "images"));
        for (const id of ["x", "y"]) {
          await writeFile(join(folder, "images", `${id}.png`), id);
          yield { id, image: `images/${id}.png` };
        }
      },
    });
    assert.deepEqual(await readdir(join(out, "images")), ["x.png", "y.png"]);
  });

  test("keeps a private set for its owner", { skip: process.platform === "win32" }, async () => {
    const out = await freshPath();
    const windows = [{ id: "a", row: 1, column: 1 } as const];
    await writeDataset({ out, manifest: { ...manifest, privacy: "private" }, records, windows });
    assert.equal((await stat(out)).mode & 0o777, 0o700);
    for (const file of ["dataset.json", "records.jsonl", "window.jsonl"]) {
      assert.equal((await stat(join(out, file))).mode & 0o777, 0o600, file);
    }
  });

  test("refuses a folder with entries and leaves it as it was", async () => {
    const out = await freshPath();
    await writeDataset({ out, manifest, records });
    await assert.rejects(writeDataset({ out, manifest, records: [] }), EcampError);
    assert.deepEqual(await readLines(join(out, "records.jsonl")), records);
  });

  const faults: readonly {
    readonly what: string;
    readonly options: Partial<Parameters<typeof writeDataset>[0]>;
    readonly message: RegExp;
  }[] = [
    {
      what: "no records",
      options: { records: [] },
      message: /there is not a single record/,
    },
    {
      what: "an id that occurs twice",
      options: { records: [...records, { id: "a", report: "again" }] },
      message: /record id "a" occurs twice, expected unique ids$/,
    },
    {
      what: "an image outside the image root",
      options: { records: [{ id: "a", image: "../../etc/passwd" }] },
      message:
        /^Cannot write record 1: image is "..\/..\/etc\/passwd", expected a path without ".."$/,
    },
    {
      what: "a record without image and report",
      options: { records: [{ id: "a" }] },
      message: /^Cannot write record 1: it is an object, expected an image or a report$/,
    },
    {
      what: "a context of no record",
      options: { context: [{ id: "z", context: "" }] },
      message: /a context has the id "z", which no record has$/,
    },
    {
      what: "two windows of one record",
      options: {
        windows: [
          { id: "a", row: 0, column: 0 },
          { id: "a", row: 1, column: 0 },
        ],
      },
      message: /window id "a" occurs twice/,
    },
    {
      what: "a manifest without a date",
      options: { manifest: { ...manifest, created: "yesterday" } },
      message: /^Cannot write the manifest: created is "yesterday", expected a date and time/,
    },
  ];
  for (const { what, options, message } of faults) {
    test(`refuses ${what} and leaves nothing behind`, async () => {
      const out = await freshPath();
      await assert.rejects(writeDataset({ out, manifest, records, ...options }), (error) => {
        assert.ok(error instanceof ManifestError);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(await readdir(join(out, "..")), []);
    });
  }

  test("stops when told to", async () => {
    const out = await freshPath();
    const controller = new AbortController();
    function* endless(): Generator<DatasetRecord> {
      for (let i = 0; ; i++) {
        if (i === 3) controller.abort(new EcampError("enough"));
        yield { id: `${i}`, report: "" };
      }
    }
    await assert.rejects(
      writeDataset({ out, manifest, records: endless(), signal: controller.signal }),
      /enough/,
    );
    assert.deepEqual(await readdir(join(out, "..")), []);
  });
});
