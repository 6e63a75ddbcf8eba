import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { readJsonLines } from "../util/jsonl.ts";
import { countStarts, LineStartReader, LineStartsBuilder } from "./line-starts.ts";
import type { LinePlace } from "./line-table.ts";

const root = await mkdtemp(join(tmpdir(), "line-starts-"));
after(() => rm(root, { recursive: true, force: true }));

/** The shortest line that may stand beside records, and longer ones, with what may stand between lines. */
const lines = fc.array(
  fc.record({
    length: fc.oneof(fc.nat(40), fc.integer({ min: 2000, max: 9000 })),
    end: fc.constantFrom("\n", "\r\n", "\n\n", "\n \n\n"),
  }),
  { minLength: 1, maxLength: 40 },
);

describe("LineStartReader", () => {
  test("finds every line again, whatever stands between, in four bytes a line", async () => {
    const path = join(root, "lines.jsonl");
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom("", "\ufeff", "\n\n"), async (items, first) => {
        const texts = items.map(({ length }) => `{"id":"é","context":"${"x".repeat(length)}"}`);
        const body = texts.map((text, index) => text + (items[index]?.end ?? "")).join("");
        await writeFile(path, first + body);
        const builder = new LineStartsBuilder();
        for await (const place of readJsonLines(path)) {
          builder.add(place);
          builder.add();
        }
        const starts = builder.finish();
        assert.equal(starts.byteLength, 8 * items.length);
        assert.equal(countStarts(starts), items.length);
        await using reader = new LineStartReader(path);
        for (const [index, text] of texts.entries()) {
          assert.equal((await reader.read(starts, 2 * index))?.text.trimEnd(), text);
          assert.equal(await reader.read(starts, 2 * index + 1), undefined);
        }
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  test("says when a file has become another", async () => {
    const path = join(root, "changed.jsonl");
    await writeFile(path, `{"id":"a","context":"${"x".repeat(50)}"}\n{"id":"b","context":""}\n`);
    const builder = new LineStartsBuilder();
    for await (const place of readJsonLines(path)) builder.add(place);
    const starts = builder.finish();
    await truncate(path, 60);
    await using reader = new LineStartReader(path);
    await assert.rejects(reader.read(starts, 1), {
      name: "ManifestError",
      message: `Cannot read "${path}" at byte 64: the file has changed since it was indexed`,
    });
  });
});

test("LineStartsBuilder keeps nothing where there is no line, and refuses one too far out", () => {
  const builder = new LineStartsBuilder();
  for (let i = 0; i < 300; i++) builder.add();
  assert.equal(builder.finish().length, 0);
  const place = (offset: number): LinePlace => ({ offset, length: 20 });
  builder.add(place(2 ** 36 - 32));
  assert.equal(builder.finish()[300], 2 ** 32 - 1);
  assert.throws(() => builder.add(place(2 ** 36)), /beyond|first 64 GiB/);
});
