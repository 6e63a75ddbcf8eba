import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildDatasetIndex, DatasetIndex, type DatasetIndexHandle } from "./dataset-index.ts";
import type { LineTable } from "./line-table.ts";
import type { ContextRecord, DatasetRecord, WindowRecord } from "./record.ts";
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

function bytesOf(handle: DatasetIndexHandle): number {
  const bytes = ({ low, high }: LineTable): number => low.byteLength + high.byteLength;
  return bytes(handle.records) + bytes(handle.contexts);
}

test("buildDatasetIndex() keeps 8 bytes a record without contexts", async () => {
  const out = join(root, "plain");
  await writeDataset({ out, manifest: manifest(), records, windows });
  await using index = await buildDatasetIndex({ folder: out });
  assert.equal(bytesOf(index.handle), 8 * RECORDS);
});

test("buildDatasetIndex() keeps 16 bytes a record with contexts and windows, on shared memory", async () => {
  const out = join(root, "joined");
  await writeDataset({ out, manifest: manifest(), records, context: contexts, windows });
  await using index = await buildDatasetIndex({ folder: out });
  const { handle } = index;
  assert.equal(bytesOf(handle), 16 * RECORDS);
  for (const { low, high } of [handle.records, handle.contexts]) {
    assert.ok(low.buffer instanceof SharedArrayBuffer && high.buffer instanceof SharedArrayBuffer);
  }
  assert.deepEqual(Object.keys(handle).sort(), ["contexts", "folder", "records"]);
  const positions = new Map(windows.map(({ id, row, column }) => [id, { row, column }]));
  await using other = new DatasetIndex(structuredClone(handle));
  for (let position = 0; position < RECORDS; position++) {
    const record = await other.read(position);
    assert.equal(record.id, idOf(position));
    assert.equal(record.report, records[position]?.report);
    assert.equal(record.context, `of ${idOf(position)}`);
    assert.deepEqual(record.window, positions.get(record.id));
  }
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
