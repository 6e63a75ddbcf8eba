import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { ManifestError } from "../util/errors.ts";
import { LineReader, LineTableBuilder, placeAt, tagAt } from "./line-table.ts";

const root = await mkdtemp(join(tmpdir(), "line-table-"));
after(() => rm(root, { recursive: true, force: true }));

const places = fc.record(
  {
    offset: fc.oneof(
      fc.nat(1000),
      fc.nat({ max: 2 ** 31 }),
      fc.integer({ min: 0, max: 2 ** 36 - 1 }),
    ),
    length: fc.integer({ min: 1, max: 2 ** 24 - 1 }),
  },
  { noNullPrototype: true },
);

describe("LineTableBuilder", () => {
  test("gives back every place, in eight bytes a line", () => {
    fc.assert(
      fc.property(fc.array(fc.option(places, { nil: undefined }), { maxLength: 700 }), (items) => {
        const builder = new LineTableBuilder();
        for (const [index, item] of items.entries()) builder.add(item, index % 16);
        const table = builder.finish();
        assert.equal(table.size, items.length);
        assert.equal(table.low.byteLength + table.high.byteLength, 8 * items.length);
        assert.deepEqual(
          items.map((_, index) => placeAt(table, index)),
          items,
        );
        assert.deepEqual(
          items.map((_, index) => tagAt(table, index)),
          items.map((_, index) => index % 16),
        );
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("refuses a line that is too long or too far out", () => {
    const builder = new LineTableBuilder();
    assert.throws(() => builder.add({ offset: 0, length: 2 ** 24 }), ManifestError);
    assert.throws(() => builder.add({ offset: 2 ** 36, length: 1 }), {
      name: "ManifestError",
      message:
        "Cannot index a line of 1 bytes at byte 68719476736: expected at most 16777215 bytes within the first 64 GiB; split the file",
    });
    for (const tag of [-1, 0.5, 16]) assert.throws(() => builder.add(undefined, tag), RangeError);
    assert.equal(builder.size, 0);
    assert.throws(() => placeAt(builder.finish(), 0), /Cannot find line 0 of 0/);
    assert.throws(() => tagAt(builder.finish(), 0), /Cannot find line 0 of 0/);
  });
});

describe("LineReader", () => {
  test("reads any line, and says when the file has become shorter", async () => {
    const path = join(root, "file");
    await writeFile(path, "one\nzwölf\n");
    await using reader = new LineReader(path);
    assert.equal(await reader.read({ offset: 4, length: 6 }), "zwölf");
    assert.equal(await reader.read({ offset: 0, length: 3 }), "one");
    await assert.rejects(
      reader.read({ offset: 4, length: 20 }),
      /at byte 4: the file ends there; it has changed since it was indexed$/,
    );
  });

  test("closes in peace when its file could not be opened", async () => {
    const reader = new LineReader(join(root, "none"));
    await assert.rejects(reader.read({ offset: 0, length: 1 }), /no such file/);
    await reader[Symbol.asyncDispose]();
  });
});
