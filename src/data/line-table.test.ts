import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { LineReader, LineTableBuilder, placeAt } from "./line-table.ts";

const root = await mkdtemp(join(tmpdir(), "line-table-"));
after(() => rm(root, { recursive: true, force: true }));

const places = fc.record(
  {
    offset: fc.oneof(
      fc.nat(1000),
      fc.nat({ max: 2 ** 31 }),
      fc.integer({ min: 0, max: 2 ** 40 - 1 }),
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
        for (const item of items) builder.add(item);
        const table = builder.finish();
        assert.equal(table.size, items.length);
        assert.equal(table.low.byteLength + table.high.byteLength, 8 * items.length);
        assert.deepEqual(
          items.map((_, index) => placeAt(table, index)),
          items,
        );
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("refuses a line that is too long or too far out", () => {
    const builder = new LineTableBuilder();
    assert.throws(() => builder.add({ offset: 0, length: 2 ** 24 }), RangeError);
    assert.throws(() => builder.add({ offset: 2 ** 40, length: 1 }), RangeError);
    assert.throws(() => placeAt(builder.finish(), 0), /Cannot find line 0 of 0/);
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
