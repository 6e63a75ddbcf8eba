import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ManifestError } from "../util/errors.ts";
import { jsonlTable } from "./jsonl-table.ts";
import type { TableRow } from "./table-row.ts";

const root = await mkdtemp(join(tmpdir(), "jsonl-table-"));
after(() => rm(root, { recursive: true, force: true }));
const path = join(root, "table.jsonl");

async function read(content: string, required: readonly string[] = []): Promise<TableRow[]> {
  await writeFile(path, content);
  const rows: TableRow[] = [];
  for await (const row of jsonlTable(path).rows(required)) rows.push(row);
  return rows;
}

describe("jsonlTable()", () => {
  test("finds cells by key, by path, and by a key with dots first", async () => {
    const [row] = await read('\n{"a":{"b":{"c":1},"d":null},"a.b":2,"list":[{"x":1}]}\n');
    assert.ok(row);
    assert.equal(row.line, 2);
    assert.equal(row.cell("a.b.c"), 1);
    assert.equal(row.cell("a.b"), 2);
    assert.equal(row.cell("a.d"), null);
    assert.equal(row.cell("a.d.e"), undefined);
    assert.equal(row.cell("list.0"), undefined);
    assert.equal(row.cell("constructor"), undefined);
    assert.equal(row.cell("a.toString"), undefined);
    assert.deepEqual(row.columns(), ["a", "a.b", "a.b.c", "a.d", "a.b", "list"]);
  });

  const faults: readonly (readonly [content: string, required: string, message: RegExp])[] = [
    [
      '{"image":"a","labels":{"finding":"y"}}\n{"view":null}\n',
      "imgae",
      /table\.jsonl": it has no column "imgae", did you mean "image"\? its columns are "image", "labels", "labels\.finding", "view"$/,
    ],
    ['{"a":1}\n{"a":"the he', "a", /line 2: it is not valid JSON; it seems to be cut off$/],
    ["[1]\n", "a", /line 1: it is a list of 1, expected an object$/],
    ["", "a", /table\.jsonl": it is empty$/],
  ];
  for (const [content, required, message] of faults) {
    test(`says ${message.source}`, async () => {
      await assert.rejects(read(content, [required]), (error) => {
        assert.ok(error instanceof ManifestError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test("does not mind a column that only some lines have", async () => {
    assert.equal((await read('{"a":1}\n{"b":null}\n', ["a", "b"])).length, 2);
  });
});
