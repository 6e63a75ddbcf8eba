import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { ManifestError } from "./errors.ts";
import type { JsonLine, LineOptions } from "./jsonl.ts";
import { readJsonLines, readTextLines } from "./jsonl.ts";

const root = await mkdtemp(join(tmpdir(), "jsonl-"));
after(() => rm(root, { recursive: true, force: true }));
const path = join(root, "file.jsonl");

async function readAll(content: string | Uint8Array, options?: LineOptions): Promise<JsonLine[]> {
  await writeFile(path, content);
  const lines: JsonLine[] = [];
  for await (const line of readJsonLines(path, options)) lines.push(line);
  return lines;
}

async function rejectsWith(content: string | Uint8Array, message: RegExp): Promise<void> {
  await assert.rejects(readAll(content, { maxLineBytes: 100 }), (error) => {
    assert.ok(error instanceof ManifestError);
    assert.match(error.message, message);
    assert.equal(error.cause, undefined);
    return true;
  });
}

describe("readJsonLines()", () => {
  test("numbers lines, skips blank ones and says where each begins", async () => {
    assert.deepEqual(await readAll('{"a":1}\n\n  \n[2]\n"é"\n3'), [
      { line: 1, offset: 0, length: 7, value: { a: 1 } },
      { line: 4, offset: 12, length: 3, value: [2] },
      { line: 5, offset: 16, length: 4, value: "é" },
      { line: 6, offset: 21, length: 1, value: 3 },
    ]);
  });

  test("leaves out a byte-order mark and carriage returns", async () => {
    assert.deepEqual(await readAll("\ufeff1\r\n2\r\n"), [
      { line: 1, offset: 3, length: 1, value: 1 },
      { line: 2, offset: 6, length: 1, value: 2 },
    ]);
  });

  test("gives nothing for an empty file", async () => {
    assert.deepEqual(await readAll(""), []);
    assert.deepEqual(await readAll("\n"), []);
  });

  test("reads back any values, whatever the chunk borders", async () => {
    const values = fc.array(fc.oneof(fc.jsonValue(), fc.string({ unit: "grapheme" })), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(values, fc.nat(200_000), async (items, padding) => {
        // The padding moves the lines over the border of the reader's chunks.
        const all: unknown[] = [" ".repeat(262_144 - 100_000 + padding), ...items];
        const content = all.map((item) => `${JSON.stringify(item)}\n`).join("");
        const lines = await readAll(content);
        const bytes = Buffer.from(content);
        assert.deepEqual(
          lines.map(({ value }) => value),
          all.map((item) => JSON.parse(JSON.stringify(item))),
        );
        for (const { offset, length, value } of lines) {
          const text = bytes.subarray(offset, offset + length).toString("utf8");
          assert.deepEqual(JSON.parse(text), value);
        }
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  test("refuses a truncated line without quoting it", async () => {
    await rejectsWith(
      '{"id":"a"}\n{"id":"b","report":"the heart is',
      /line 2: it is not valid JSON; it seems to be cut off$/,
    );
    await rejectsWith('{"report": secret}', /line 1: it is not valid JSON$/);
  });

  test("refuses a line over the limit, with and without a line end", async () => {
    await rejectsWith(`1\n"${"x".repeat(100)}"\n`, /line 2: it is longer than 100 bytes/);
    await rejectsWith(`1\n"${"x".repeat(100)}`, /line 2: it is longer than 100 bytes/);
    assert.equal((await readAll(`"${"x".repeat(98)}"`, { maxLineBytes: 100 })).length, 1);
    assert.equal((await readAll(`"${"x".repeat(98)}"\n`, { maxLineBytes: 100 })).length, 1);
  });

  test("refuses bytes that are not UTF-8", async () => {
    await rejectsWith(Uint8Array.of(34, 0xff, 34), /line 1: it is not valid UTF-8 text$/);
  });

  test("names a file that is not there, or is a folder", async () => {
    const lines = readTextLines(join(root, "absent"));
    await assert.rejects(lines.next(), /^ManifestError: Cannot read ".*absent": no such file$/);
    await assert.rejects(readTextLines(root).next(), /^ManifestError: Cannot read ".*": EISDIR/);
  });

  test("stops when told to", async () => {
    const signal = AbortSignal.abort(new RangeError("enough"));
    await assert.rejects(readAll("1\n", { signal }), new RangeError("enough"));
  });
});
