import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError, ManifestError } from "../util/errors.ts";
import { openDataset } from "./dataset.ts";
import type { JoinedRecord } from "./dataset-index.ts";
import type { ImportTableOptions } from "./import-table.ts";
import { importTable } from "./import-table.ts";
import { parseRowFilter } from "./row-filter.ts";

const root = await mkdtemp(join(tmpdir(), "import-table-"));
const imageRoot = join(root, "images");
const idKeyFile = join(root, "config", "id-key");
before(async () => {
  await mkdir(join(imageRoot, "sub"), { recursive: true });
  for (const name of ["a.png", "b.png", "sub/c.png", "m.png"]) {
    await writeFile(join(imageRoot, name), "");
  }
});
after(() => rm(root, { recursive: true, force: true }));

type Changes = Partial<ImportTableOptions>;

/** Writes a table of this text and says how to import it, ids kept. */
async function tableOf(content: string | Uint8Array, changes: Changes & { file?: string } = {}) {
  const { file = "table.csv", ...rest } = changes;
  const folder = await mkdtemp(join(root, "case-"));
  const from = join(folder, file);
  await writeFile(from, content);
  const options: ImportTableOptions = {
    from,
    imageRoot,
    out: join(folder, "out"),
    name: "test",
    licence: "none",
    keepIds: true,
    created: new Date("2026-01-01T00:00:00Z"),
    ...rest,
  };
  return options;
}

async function recordsOf(folder: string): Promise<JoinedRecord[]> {
  const records: JoinedRecord[] = [];
  for await (const record of (await openDataset(folder)).records()) records.push(record);
  return records;
}

async function rejects(options: ImportTableOptions, message: RegExp): Promise<void> {
  await assert.rejects(importTable(options), (error) => {
    assert.ok(error instanceof ManifestError || error instanceof ConfigError, String(error));
    assert.match(error.message, message);
    return true;
  });
  assert.equal(existsSync(options.out), false);
  assert.deepEqual(
    (await readdir(join(options.out, ".."))).filter((name) => name.endsWith(".tmp")),
    [],
  );
}

describe("importTable() of CSV", () => {
  test("takes quoted line ends, a byte-order mark, blank lines and every column", async () => {
    const options = await tableOf(
      [
        "\ufeffid,path,findings,impression,patient,view,Edema,Mass,kind,split,age",
        '1,a.png,"line one',
        'line ""two""",clear.,p1,PA,1,-1.0,sick,Train,71',
        "",
        "2,./sub\\c.png, ,,p2,,0,,well,valid,",
        `3,${join(imageRoot, "b.png")},x,,p1,AP,,,,,`,
        "",
      ].join("\r\n"),
      {
        idColumn: "id",
        imageColumn: "path",
        reportColumns: ["findings", "impression"],
        patientColumn: "patient",
        viewColumn: "view",
        labelColumns: ["Edema", "Mass"],
        classColumn: "kind",
        splitColumn: "split",
        metaColumns: ["age"],
      },
    );
    const summary = await importTable(options);
    assert.deepEqual(await recordsOf(options.out), [
      {
        id: "1",
        image: "a.png",
        split: "train",
        patient: "p1",
        view: "PA",
        report: 'line one\r\nline "two"\nclear.',
        labels: { Edema: 1, Mass: -1 },
        class: "sick",
        meta: { age: "71" },
      },
      {
        id: "2",
        image: "sub/c.png",
        split: "val",
        patient: "p2",
        labels: { Edema: 0 },
        class: "well",
      },
      { id: "3", image: "b.png", patient: "p1", view: "AP", report: "x" },
    ]);
    assert.deepEqual(summary, {
      rows: 3,
      imported: 3,
      skipped: { filtered: 0, missingImage: 0, blank: 0 },
      missingImageLines: [],
      withReport: 2,
      emptyReports: 1,
      patients: 2,
      withoutPatient: 0,
    });
    const { manifest } = await openDataset(options.out);
    assert.deepEqual(manifest, {
      format: 1,
      name: "test",
      licence: "none",
      privacy: "private",
      imageRoot,
      task: ["pretrain", "classify"],
      classes: ["Edema", "Mass", "sick", "well"],
      importer: "table",
      created: "2026-01-01T00:00:00.000Z",
    });
  });

  test("takes a report of 5,000 words", async () => {
    const report = Array.from({ length: 5000 }, (_, i) => `word${i}`).join(" ");
    const options = await tableOf(`image,text\na.png,${report}\n`, {
      imageColumn: "image",
      reportColumns: ["text"],
    });
    await importTable(options);
    assert.equal((await recordsOf(options.out))[0]?.report, report);
  });

  test("keeps rows that meet every filter", async () => {
    const options = await tableOf("image,age\na.png,17\nb.png,18\nsub/c.png,\n", {
      imageColumn: "image",
      filters: [parseRowFilter("age>=18"), parseRowFilter("image!=a.png")],
    });
    assert.deepEqual((await importTable(options)).skipped, {
      filtered: 2,
      missingImage: 0,
      blank: 0,
    });
    assert.deepEqual(await recordsOf(options.out), [{ id: "b.png", image: "b.png" }]);
    await rejects(
      { ...options, out: `${options.out}2`, filters: [parseRowFilter("age>99")] },
      /none of its 3 rows is left: 3 fail the filters/,
    );
  });

  test("skips rows without an image when told to, and says which", async () => {
    const options = await tableOf("image,text\na.png,x\nz.png,y\n,z\n", {
      imageColumn: "image",
      reportColumns: ["text"],
      onMissingImage: "skip",
    });
    const summary = await importTable({ ...options, idColumn: "text" });
    assert.equal(summary.imported, 1);
    assert.equal(summary.skipped.missingImage, 2);
    assert.deepEqual(summary.missingImageLines, [3, 4]);
    await rejects(
      { ...options, idColumn: "text", out: `${options.out}2`, onMissingImage: "error" },
      /line 3: there is no file ".*z\.png"; correct the image root/,
    );
  });

  test("reads back any cells", async () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 12 });
    const special = fc.constantFrom('"', ",", "\n", "\r\n", "\r", "\t", " ", "é", "");
    const text = fc.array(fc.oneof(cell, special), { maxLength: 6 }).map((parts) => parts.join(""));
    const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), async (reports) => {
        const rows = reports.map((report, i) => `r${i},${quote(report)}\n`).join("");
        const options = await tableOf(`id,text\n${rows}last,end`, {
          idColumn: "id",
          reportColumns: ["text"],
        });
        await importTable(options);
        const expected = [...reports, "end"]
          .map((report, i) => ({ id: i < reports.length ? `r${i}` : "last", report }))
          .filter(({ report }) => report.trim() !== "");
        assert.deepEqual(await recordsOf(options.out), expected);
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  const columns: Changes = { imageColumn: "image", reportColumns: ["text"] };
  const faults: readonly {
    readonly what: string;
    readonly content: string;
    readonly changes?: Changes;
    readonly message: RegExp;
  }[] = [
    {
      what: "a column of a filter that is missing",
      content: "image,text\na.png,x\n",
      changes: { filters: [parseRowFilter("weight>60")] },
      message: /it has no column "weight"; its columns are "image", "text"$/,
    },
    {
      what: "a header alone",
      content: "image,text\n",
      message: /none of its 0 rows is left/,
    },
    {
      what: "an id that occurs twice",
      content: "image,text\na.png,x\na.png,y\n",
      message: /line 3: its id is also that of line 2, expected unique ids/,
    },
    {
      what: "two labels of one name",
      content: "image,text\n",
      changes: { labelColumns: ["a.Edema", "b.Edema"] },
      message: /two labels are called "Edema"$/,
    },
  ];
  for (const { what, content, changes, message } of faults) {
    test(`refuses ${what}`, async () => {
      await rejects(await tableOf(content, { ...columns, ...changes }), message);
    });
  }

  test("refuses a missing file, an unknown extension and a folder that is occupied", async () => {
    const options = await tableOf("image,text\na.png,x\n", columns);
    await rejects({ ...options, from: `${options.from}.csv` }, /table\.csv\.csv": no such file$/);
    await rejects({ ...options, from: "table.xlsx" }, /its extension says no format/);
    await rejects({ ...options, delimiter: "" }, /the delimiter is empty/);
    const { imageColumn: _, ...nameless } = options;
    await rejects(nameless, /neither an id column nor an image column is named/);
    await importTable(options);
    await assert.rejects(importTable(options), /exists and is not empty/);
  });
});

describe("importTable() of JSON Lines", () => {
  const lines = (...rows: readonly unknown[]): string =>
    rows.map((row) => `${JSON.stringify(row)}\n`).join("");

  test("takes nested columns, masks, boxes and null", async () => {
    const options = await tableOf(
      lines(
        {
          id: 7,
          image: "a.png",
          text: null,
          labels: { edema: true, "mass.left": 0, finding: "COVID-19" },
          meta: { sex: "F", more: [1, { a: null }] },
          masks: { lung: "m.png", heart: null },
          boxes: [
            { label: "mass", x: 1.5, y: 2, w: 3, h: 4, derived: "hand" },
            { label: "mass", x: 0, y: 0, width: 1, height: 1 },
          ],
        },
        { id: "8", image: "b.png", text: "clear.", masks: {}, boxes: [], meta: { sex: "" } },
      ),
      {
        file: "t.jsonl",
        idColumn: "id",
        imageColumn: "image",
        reportColumns: ["text"],
        labelColumns: ["labels.edema"],
        classColumn: "labels.finding",
        masksColumn: "masks",
        boxesColumn: "boxes",
        metaColumns: ["meta.sex", "meta.more"],
        onMissingImage: "error",
      },
    );
    const summary = await importTable(options);
    assert.equal(summary.emptyReports, 1);
    assert.deepEqual(await recordsOf(options.out), [
      {
        id: "7",
        image: "a.png",
        labels: { edema: 1 },
        class: "COVID-19",
        masks: { lung: "m.png" },
        boxes: [
          { label: "mass", x: 1.5, y: 2, width: 3, height: 4 },
          { label: "mass", x: 0, y: 0, width: 1, height: 1 },
        ],
        meta: { sex: "F", more: [1, { a: null }] },
      },
      { id: "8", image: "b.png", report: "clear." },
    ]);
    const { manifest } = await openDataset(options.out);
    assert.deepEqual(manifest.task, ["pretrain", "classify", "segment", "detect"]);
    assert.deepEqual(manifest.classes, ["edema", "COVID-19"]);
  });

  test("names the classes of masks and boxes where nothing else does", async () => {
    const boxes = [{ label: "mass", x: 0, y: 0, width: 1, height: 1 }];
    const rows = lines({ image: "a.png", masks: { lung: "m.png" }, boxes });
    const columns = { imageColumn: "image", masksColumn: "masks", boxesColumn: "boxes" };
    const options = await tableOf(rows, { file: "t.jsonl", ...columns });
    await importTable(options);
    const { classes, task } = (await openDataset(options.out)).manifest;
    assert.deepEqual(
      [classes, task],
      [
        ["lung", "mass"],
        ["segment", "detect"],
      ],
    );
  });

  test("reads back any text", async () => {
    const report = fc.string({ unit: "binary", maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(report, { maxLength: 6 }), async (reports) => {
        const rows = [...reports, "end"].map((text, i) => ({ id: `r${i}`, deep: { text } }));
        const options = await tableOf(lines(...rows), {
          file: "t.ndjson",
          idColumn: "id",
          reportColumns: ["deep.text"],
        });
        await importTable(options);
        const expected = rows
          .map(({ id, deep }) => ({ id, report: deep.text }))
          .filter(({ report: text }) => text.trim() !== "");
        assert.deepEqual(await recordsOf(options.out), expected);
      }),
      { seed: 6, numRuns: 40 },
    );
  });

  test("refuses a mask that is not there", async () => {
    const content = lines({ image: "a.png", masks: { lung: "no.png" } });
    const changes = { file: "t.jsonl", imageColumn: "image", masksColumn: "masks" };
    await rejects(
      await tableOf(content, changes),
      /line 1: there is no file ".*no\.png", the mask of class "lung"; masks are looked for in the image root as images are; correct the table/,
    );
  });

  test("refuses an image column that no line has", async () => {
    const content = lines({ image: "a.png", text: "x" });
    const changes = { file: "t.jsonl", imageColumn: "imgae" };
    const message = /it has no column "imgae", did you mean "image"\? its columns/;
    await rejects(await tableOf(content, changes), message);
    const withReport = { ...changes, reportColumns: ["text"], idColumn: "text" };
    await rejects(await tableOf(content, withReport), message);
    await rejects(await tableOf(content, { ...withReport, onMissingImage: "skip" }), message);
  });
});

describe("importTable() and privacy", () => {
  const content = "image,text,id,patient\na.png,clear.,r1,p1\nb.png,clear.,r2,p1\n";
  const columns: Changes = {
    imageColumn: "image",
    reportColumns: ["text"],
    idColumn: "id",
    patientColumn: "patient",
    idKeyFile,
  };
  const ids = async ({ keepIds: _, ...options }: ImportTableOptions): Promise<JoinedRecord[]> => {
    await importTable(options);
    return recordsOf(options.out);
  };

  test("replaces record and patient ids in a private set, the same way under the same key", async () => {
    const options = await tableOf(content, columns);
    const records = await ids(options);
    const text = await readFile(join(options.out, "records.jsonl"), "utf8");
    assert.doesNotMatch(text, /"(r1|r2|p1)"/);
    for (const { id, patient } of records) {
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.match(patient ?? "", /^[0-9a-f]{32}$/);
    }
    assert.equal(records[0]?.patient, records[1]?.patient);
    assert.notEqual(records[0]?.id, records[1]?.id);
    assert.deepEqual(await ids(await tableOf(content, columns)), records);
    assert.equal(existsSync(join(options.out, "id-key")), false);
    if (process.platform === "win32") return;
    for (const file of ["dataset.json", "records.jsonl"]) {
      assert.equal((await stat(join(options.out, file))).mode & 0o777, 0o600);
    }
  });

  test("keeps ids in a public set and where told to", async () => {
    const open = await ids(await tableOf(content, { ...columns, privacy: "public" }));
    assert.deepEqual(
      open.map(({ id, patient }) => [id, patient]),
      [
        ["r1", "p1"],
        ["r2", "p1"],
      ],
    );
    const kept = await tableOf(content, columns);
    await importTable({ ...kept, keepIds: true });
    assert.equal((await recordsOf(kept.out))[0]?.id, "r1");
  });

  test("demands a key file for pseudonyms", async () => {
    const { idKeyFile: _, ...rest } = await tableOf(content, { ...columns, keepIds: false });
    await rejects(rest, /no key file for pseudonyms is named; name one, or keep the ids$/);
  });
});
