import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ManifestError } from "../../util/errors.ts";
import { checkDataset } from "../check-dataset.ts";
import { type Dataset, openDataset } from "../dataset.ts";
import type { DatasetRecord, Privacy } from "../record.ts";
import { writeDataset } from "../write-dataset.ts";
import { findLeaks, requireNoLeak } from "./find-leaks.ts";

const root = await mkdtemp(join(tmpdir(), "find-leaks-"));
after(() => rm(root, { recursive: true, force: true }));
for (const name of ["a", "b", "c", "d"]) await writeFile(join(root, `${name}.png`), name);
await writeFile(join(root, "copy-of-a.png"), "a");

async function datasetOf(
  records: readonly DatasetRecord[],
  privacy: Privacy = "public",
): Promise<Dataset> {
  const out = join(await mkdtemp(join(root, "case-")), "set");
  const manifest = {
    format: 1,
    name: "drawn",
    licence: "",
    privacy,
    imageRoot: root,
    task: [],
    classes: [],
    importer: "test",
    created: "2026-01-01T00:00:00Z",
  } as const;
  await writeDataset({ out, manifest, records });
  return openDataset(out);
}

const leaking: readonly DatasetRecord[] = [
  { id: "1", image: "a.png", split: "train", patient: "p" },
  { id: "2", image: "b.png", split: "test", patient: "p" },
  { id: "3", image: "c.png", split: "val", patient: "q" },
  { id: "4", image: "c.png", split: "test", patient: "r" },
  { id: "5", image: "copy-of-a.png", split: "val" },
  { id: "6", image: "d.png", patient: "p" },
  { id: "7", image: "absent.png", split: "train", patient: "s" },
];

describe("findLeaks()", () => {
  test("counts patients and pictures by pair of splits, and those who cannot be known", async () => {
    assert.deepEqual(await findLeaks(await datasetOf(leaking)), {
      leaks: true,
      shared: [
        { splits: ["train", "test"], patients: 1, images: 0, copies: 0 },
        { splits: ["val", "test"], patients: 0, images: 1, copies: 0 },
      ],
      withoutPatient: 1,
      readImages: false,
      examples: { patients: ["p"], images: ["c.png"], copies: [] },
    });
  });

  test("finds copies under other names when it may read the pictures", async () => {
    const { shared, examples } = await findLeaks(await datasetOf(leaking), { readImages: true });
    assert.deepEqual(shared[0], { splits: ["train", "val"], patients: 0, images: 0, copies: 1 });
    assert.deepEqual(examples?.copies, ["a.png = copy-of-a.png"]);
    // The same picture under one name is no copy.
    assert.deepEqual(shared[2], { splits: ["val", "test"], patients: 0, images: 1, copies: 0 });
  });

  test("names nobody of a private set", async () => {
    const report = await findLeaks(await datasetOf(leaking, "private"), { readImages: true });
    assert.equal(report.leaks, true);
    assert.ok(!("examples" in report));
  });

  test("finds nothing where there are no splits, or patients keep to theirs", async () => {
    const clean: readonly DatasetRecord[] = [
      { id: "1", image: "a.png", split: "train", patient: "p" },
      { id: "2", image: "b.png", split: "train", patient: "p" },
      { id: "3", image: "c.png", split: "test", patient: "q" },
      { id: "4", image: "a.png", patient: "q" },
    ];
    const { leaks, shared } = await findLeaks(await datasetOf(clean), { readImages: true });
    assert.deepEqual([leaks, shared], [false, []]);
  });
});

describe("requireNoLeak()", () => {
  test("says how many of what stand where, and the way out", async () => {
    const dataset = await datasetOf(leaking);
    await assert.rejects(requireNoLeak(dataset, { allowLeak: false }), (error: Error) => {
      assert.ok(error instanceof ManifestError);
      assert.match(
        error.message,
        /: 1 patient and 0 images stand in both train and test; 0 patients and 1 image stand in both val and test; split it by patient with "ecamp data split", or use --allow-leak/,
      );
      return true;
    });
    const allowed = await requireNoLeak(dataset, { allowLeak: true });
    assert.deepEqual(allowed, await findLeaks(dataset));
    assert.deepEqual(JSON.parse(JSON.stringify(allowed)), allowed);
  });

  test("lets a set without leaks pass", async () => {
    const dataset = await datasetOf([{ id: "1", image: "a.png", split: "train", patient: "p" }]);
    assert.equal((await requireNoLeak(dataset, { allowLeak: false })).leaks, false);
  });
});

test("checkDataset() finds copies when it may read the pictures", async () => {
  const { folder } = await datasetOf(leaking);
  const { problems } = await checkDataset({ folder, readImages: true });
  const found = problems.find(({ kind }) => kind === "copy-in-two-splits");
  assert.deepEqual(found?.examples, ["a.png = copy-of-a.png (train, val)"]);
  const unread = await checkDataset({ folder });
  assert.ok(!unread.problems.some(({ kind }) => kind === "copy-in-two-splits"));
});
