import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeImage } from "../../image/decode.ts";
import { loadTokenizer } from "../../text/tokenizer.ts";
import { openDataset } from "../dataset.ts";
import type { JoinedRecord } from "../dataset-index.ts";
import { PHANTOM_NORMALIZATION, synthesizeDataset, TOKENIZER_FILE } from "./synthesize-dataset.ts";

const OPTIONS = { count: 20, seed: 4, size: 64 } as const;

let root = "";
let out = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "ecamp-phantom-"));
  out = join(root, "set");
  await synthesizeDataset({ ...OPTIONS, out });
});

after(async () => {
  await rm(root, { recursive: true, force: true });
});

async function digests(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const hash = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    found.set(path.slice(folder.length + 1), hash);
  }
  return found;
}

async function recordsOf(folder: string): Promise<JoinedRecord[]> {
  const dataset = await openDataset(folder);
  const records: JoinedRecord[] = [];
  for await (const record of dataset.records()) records.push(record);
  return records;
}

test("synthesizeDataset() writes the same bytes again", async () => {
  const again = join(root, "again");
  await synthesizeDataset({ ...OPTIONS, out: again });
  assert.deepEqual(await digests(again), await digests(out));
});

test("synthesizeDataset() writes the same bytes with any number of threads", async () => {
  for (const workers of [1, 3]) {
    const threaded = join(root, `workers-${workers}`);
    const seen: number[] = [];
    const onProgress = (films: number): void => void seen.push(films);
    await synthesizeDataset({ ...OPTIONS, out: threaded, workers, onProgress });
    assert.deepEqual(await digests(threaded), await digests(out), `${workers} workers`);
    assert.deepEqual(
      seen,
      Array.from({ length: OPTIONS.count }, (_, i) => i + 1),
    );
  }
});

test("synthesizeDataset() writes other bytes for another seed", async () => {
  const other = join(root, "other");
  await synthesizeDataset({ ...OPTIONS, out: other, seed: OPTIONS.seed + 1, count: 3 });
  const own = await digests(out);
  for (const [path, hash] of await digests(other)) {
    if (path !== "dataset.json") assert.notEqual(own.get(path), hash, path);
  }
});

test("synthesizeDataset() writes film i the same in a set of another size", async () => {
  const shorter = join(root, "shorter");
  await synthesizeDataset({ ...OPTIONS, out: shorter, count: 7 });
  const whole = await digests(out);
  for (const [path, hash] of await digests(shorter)) {
    if (/^(?:images|masks)/.test(path)) assert.equal(whole.get(path), hash, path);
  }
  assert.deepEqual(await recordsOf(shorter), (await recordsOf(out)).slice(0, 7));
});

test("synthesizeDataset() writes what the reader reads: reports, contexts, pictures and masks", async () => {
  const dataset = await openDataset(out);
  assert.equal(dataset.manifest.privacy, "public");
  assert.equal(dataset.manifest.licence, "CC0-1.0");
  const records = await recordsOf(out);
  assert.equal(records.length, OPTIONS.count);
  assert.equal(new Set(records.map(({ patient }) => patient)).size, OPTIONS.count);
  for (const record of records) {
    assert.ok((record.report ?? "").length > 20);
    assert.ok((record.context ?? "").length > 20);
    const positives = dataset.manifest.classes.filter((name) => record.labels?.[name] === 1);
    assert.deepEqual(new Set(Object.keys(record.masks ?? {})), new Set(positives));
    for (const path of [record.image ?? "", ...Object.values(record.masks ?? {})]) {
      const picture = await decodeImage(await readFile(dataset.imagePath(path)));
      assert.equal(picture.width, OPTIONS.size);
      assert.equal(picture.height, OPTIONS.size);
    }
  }
});

test("synthesizeDataset() writes a tokenizer that knows every word of the training texts", async () => {
  const tokenizer = await loadTokenizer(join(out, TOKENIZER_FILE));
  for (const { split, report, context } of await recordsOf(out)) {
    if (split !== "train") continue;
    const { ids } = tokenizer.encode(`${report} ${context}`);
    const unknown = tokenizer.idOf("[UNK]");
    assert.ok(!ids.includes(unknown ?? -1));
  }
});

test("synthesizeDataset() states a normalization near that of its films", async () => {
  const dataset = await openDataset(out);
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (const { image = "" } of await recordsOf(out)) {
    const { data } = await decodeImage(await readFile(dataset.imagePath(image)));
    for (const value of data) {
      sum += value / 255;
      squares += (value / 255) ** 2;
    }
    count += data.length;
  }
  const mean = sum / count;
  assert.ok(Math.abs(mean - PHANTOM_NORMALIZATION.mean) < 0.05, `mean ${mean}`);
  const std = Math.sqrt(squares / count - mean * mean);
  assert.ok(Math.abs(std - PHANTOM_NORMALIZATION.std) < 0.04, `std ${std}`);
});

test("synthesizeDataset() writes anatomy masks and PNG films when asked", async () => {
  const full = join(root, "full");
  const summary = await synthesizeDataset({
    out: full,
    count: 2,
    size: 64,
    format: "png",
    anatomyMasks: "all",
  });
  assert.equal(summary.films, 2);
  for (const { image, masks = {} } of await recordsOf(full)) {
    assert.match(image ?? "", /\.png$/);
    assert.ok("Lungs" in masks && "Heart" in masks);
  }
});

test("synthesizeDataset() reports progress and counts what it wrote", async () => {
  const seen: number[] = [];
  const summary = await synthesizeDataset({
    ...OPTIONS,
    out: join(root, "progress"),
    count: 10,
    onProgress: (films) => seen.push(films),
  });
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(summary.splits, { train: 8, val: 1, test: 1 });
  const records = await recordsOf(join(root, "progress"));
  for (const [name, count] of Object.entries(summary.positives)) {
    assert.equal(records.filter(({ labels }) => labels?.[name] === 1).length, count, name);
  }
});

test("synthesizeDataset() refuses a folder with entries and leaves it alone", async () => {
  const occupied = await mkdtemp(join(root, "occupied-"));
  await writeFile(join(occupied, "notes.txt"), "mine");
  await assert.rejects(synthesizeDataset({ ...OPTIONS, out: occupied }), {
    name: "EcampError",
    message: /it exists and is not empty/,
  });
  assert.deepEqual(await readdir(occupied), ["notes.txt"]);
});

test("synthesizeDataset() leaves nothing behind when it is stopped", async () => {
  for (const workers of [0, 2]) {
    const folder = await mkdtemp(join(root, "stopped-"));
    const controller = new AbortController();
    await assert.rejects(
      synthesizeDataset({
        ...OPTIONS,
        out: join(folder, "set"),
        workers,
        signal: controller.signal,
        onProgress: (films) => films === 3 && controller.abort(),
      }),
      { name: "AbortError" },
    );
    assert.deepEqual(await readdir(folder), []);
  }
});

test("synthesizeDataset() refuses a count that is no whole number from 1", async () => {
  for (const count of [0, 1.5, Number.NaN]) {
    await assert.rejects(synthesizeDataset({ out: join(root, "none"), count }), {
      name: "RangeError",
      message: `Cannot synthesize ${count} films: a whole number from 1 expected`,
    });
  }
  await assert.rejects(synthesizeDataset({ out: join(root, "none"), count: 1, workers: -1 }), {
    name: "RangeError",
    message: "Cannot synthesize films with -1 workers: a whole number from 0 expected",
  });
});
