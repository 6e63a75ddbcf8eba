import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkDataset } from "./check-dataset.ts";
import { importTable } from "./import-table.ts";
import { parseRowFilter } from "./row-filter.ts";

const images = fileURLToPath(new URL("../../../shared/data/cxr", import.meta.url));
const manifest = join(images, "covid_notes", "manifest.jsonl");
const skip = existsSync(manifest) ? false : "../shared/data/cxr/covid_notes is not there";

const root = await mkdtemp(join(tmpdir(), "public-notes-"));
after(() => rm(root, { recursive: true, force: true }));

const options = {
  from: manifest,
  imageRoot: images,
  name: "covid-notes",
  licence: "see its rows",
  idKeyFile: join(root, "id-key"),
  idColumn: "id",
  imageColumn: "image",
  reportColumns: ["text"],
  patientColumn: "patient",
  viewColumn: "view",
  classColumn: "labels.finding",
  masksColumn: "masks",
  metaColumns: ["meta.sex"],
  created: new Date(0),
} as const;

describe("importTable() of a public collection of notes, as it is", { skip }, () => {
  test("takes every row", async () => {
    const out = join(root, "all");
    const summary = await importTable({ ...options, out });
    assert.deepEqual(summary, {
      rows: 670,
      imported: 670,
      skipped: { filtered: 0, missingImage: 0, blank: 0 },
      missingImageLines: [],
      withReport: 520,
      emptyReports: 150,
      patients: 345,
      withoutPatient: 40,
    });
    const { problems, distinctReports, patients } = await checkDataset({ folder: out });
    // Lungs were marked on some of the films, by a program that found none on a few of them.
    const found = problems.map(({ kind, severity, count }) => [kind, severity, count]);
    assert.deepEqual(found, [
      ["empty-mask", "warning", 24],
      ["undeclared-object", "warning", 2],
      ["unknown-masks", "warning", 172],
    ]);
    assert.deepEqual([distinctReports, patients], [423, 345]);
  });

  test("takes frontal views with a note", async () => {
    const filters = ["view!=L", "text!="].map(parseRowFilter);
    const summary = await importTable({ ...options, out: join(root, "frontal"), filters });
    assert.deepEqual([summary.imported, summary.withReport], [471, 471]);
    assert.equal(summary.skipped.filtered, 199);
  });
});
