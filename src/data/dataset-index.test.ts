import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildDatasetIndex, DatasetIndex, type DatasetIndexHandle } from "./dataset-index.ts";
import type { ContextRecord, DatasetRecord, WindowRecord } from "./record.ts";
import { decodeWindowMap, encodeWindowMap } from "./window-map.ts";
import { writeDataset } from "./write-dataset.ts";

const RECORDS = 300;
const root = await mkdtemp(join(tmpdir(), "dataset-index-"));
after(() => rm(root, { recursive: true, force: true }));

const idOf = (index: number): string => `record-${index}`;
const records: readonly DatasetRecord[] = Array.from({ length: RECORDS }, (_, index) => ({
  id: idOf(index),
  report: `The lungs are clear. ${"No effusion. ".repeat(index % 40)}`,
}));
const contexts: readonly ContextRecord[] = records.map(({ id }) => ({ id, context: `of ${id}` }));
const digit = (value: number): 0 | 1 | 2 => (value % 3 === 0 ? 0 : value % 3 === 1 ? 1 : 2);
/** Nine of ten records have a window, among them every one of the nine positions. */
const windows: readonly WindowRecord[] = records.flatMap(({ id }, index) =>
  index % 10 === 9 ? [] : [{ id, row: digit(Math.floor((index % 10) / 3)), column: digit(index) }],
);

function bytesOf({ records: { low, high }, contexts, maps }: DatasetIndexHandle): number {
  return low.byteLength + high.byteLength + contexts.byteLength + maps.byteLength;
}

const mapOf = (index: number): string =>
  encodeWindowMap(Float64Array.from({ length: 196 }, (_, cell) => ((cell * 7 + index) % 16) ** 2));

test("buildDatasetIndex() keeps 8 bytes a record without contexts", async () => {
  const out = join(root, "plain");
  await writeDataset({ out, manifest: manifest(), records, windows });
  await using index = await buildDatasetIndex({ folder: out });
  assert.equal(bytesOf(index.handle), 8 * RECORDS);
});

test("buildDatasetIndex() keeps 12 bytes a record with contexts", async () => {
  const out = join(root, "contexts");
  await writeDataset({ out, manifest: manifest(), records, context: contexts, windows });
  await using index = await buildDatasetIndex({ folder: out });
  assert.equal(bytesOf(index.handle), 12 * RECORDS);
  assert.deepEqual(index.counts(), { contexts: RECORDS, windows: windows.length });
});

test("buildDatasetIndex() keeps 16 bytes a record with contexts and maps, on shared memory", async () => {
  const out = join(root, "joined");
  const mapped = windows.map((window, index) =>
    index % 3 === 0 ? window : { ...window, map: mapOf(index) },
  );
  await writeDataset({ out, manifest: manifest(), records, context: contexts, windows: mapped });
  await using index = await buildDatasetIndex({ folder: out });
  const { handle } = index;
  assert.equal(bytesOf(handle), 16 * RECORDS);
  for (const { buffer } of [
    handle.records.low,
    handle.records.high,
    handle.contexts,
    handle.maps,
  ]) {
    assert.ok(buffer instanceof SharedArrayBuffer);
  }
  assert.deepEqual(Object.keys(handle).sort(), ["contexts", "folder", "maps", "records"]);
  const positions = new Map(windows.map(({ id, row, column }) => [id, { row, column }]));
  const maps = new Map(
    mapped.map((window) => [window.id, "map" in window ? window.map : undefined]),
  );
  await using other = new DatasetIndex(structuredClone(handle));
  for (let position = 0; position < RECORDS; position++) {
    const record = await other.read(position);
    assert.equal(record.id, idOf(position));
    assert.equal(record.report, records[position]?.report);
    assert.equal(record.context, `of ${idOf(position)}`);
    assert.deepEqual(record.window, positions.get(record.id));
    const map = maps.get(record.id);
    const expected = map === undefined ? undefined : decodeWindowMap(map);
    assert.deepEqual(await other.readMap(position, record.id), expected);
  }
});

test("buildDatasetIndex() refuses a context of another report where it is to check them", async () => {
  const report = "The heart is large.";
  const known: readonly DatasetRecord[] = [
    { id: "a", report, split: "train" },
    { id: "b", report: `${report} `, split: "val" },
  ];
  const reportHash = createHash("sha256").update(report).digest("hex");
  const stale = known.map(({ id }) => ({ id, context: "there is cardiomegaly.", reportHash }));
  const folder = join(root, "stale");
  await writeDataset({ out: folder, manifest: manifest(), records: known, context: stale });
  await using unchecked = await buildDatasetIndex({ folder });
  assert.deepEqual(unchecked.counts(), { contexts: 2, windows: 0 });
  await using chosen = await buildDatasetIndex({ folder, checkContexts: true, splits: ["train"] });
  assert.equal(chosen.size, 1);
  await assert.rejects(buildDatasetIndex({ folder, checkContexts: true }), {
    name: "ManifestError",
    message: `Cannot use the context of record "b": it was written for another text than the record's report; write it anew with "ecamp distill run ${folder}"`,
  });
});

function manifest() {
  return {
    format: 1,
    name: "A set",
    licence: "CC0-1.0",
    privacy: "public",
    imageRoot: ".",
    task: ["pretrain"],
    classes: [],
    importer: "test",
    created: "2026-01-01T00:00:00.000Z",
  } as const;
}
