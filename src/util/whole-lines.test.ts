import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { mendEnd, readWholeLines, wholePart } from "./whole-lines.ts";

const root = await mkdtemp(join(tmpdir(), "whole-lines-"));
after(() => rm(root, { recursive: true }));
const path = join(root, "file.jsonl");

async function idsOf(content: string | Uint8Array): Promise<unknown[]> {
  await writeFile(path, content);
  const ids: unknown[] = [];
  for await (const { value } of readWholeLines(path, await wholePart(path))) {
    ids.push(typeof value === "object" && value !== null && "id" in value ? value.id : value);
  }
  return ids;
}

describe("wholePart()", () => {
  test("refuses a folder", async () => {
    await assert.rejects(wholePart(root), { name: "ManifestError", message: /it is no file/ });
  });

  for (const [name, end] of [
    ["line feeds", "\n"],
    ["carriage returns and line feeds", "\r\n"],
  ] as const) {
    test(`loses nothing but the torn line, wherever it is torn, with ${name}`, async () => {
      const line = (id: string): string => `{"id":"Köln-${id}"}${end}`;
      const whole = Buffer.from(line("0") + line("1"));
      const first = Buffer.byteLength(line("0"));
      for (let length = 0; length <= whole.length; length++) {
        const ids = await idsOf(whole.subarray(0, length));
        // A line that lacks nothing but its end is whole.
        const ended = [first, whole.length].filter((at) => length >= at - end.length).length;
        assert.deepEqual(ids, ["Köln-0", "Köln-1"].slice(0, ended), `${length} bytes`);
        const size = await mendEnd(path, await wholePart(path));
        assert.equal(size, (await readFile(path)).length);
        await appendFile(path, line("2"));
        const text = await readFile(path, "utf8");
        const lines = text.trimEnd().split(/\r?\n/);
        const now = lines.map((each): unknown => JSON.parse(each).id);
        assert.deepEqual(now, [...ids, "Köln-2"]);
      }
    });
  }

  test("a file that is not there is whole and empty", async () => {
    const empty = { bytes: 0, isCut: false, lacksEnd: false };
    assert.deepEqual(await wholePart(join(root, "absent")), empty);
    assert.deepEqual(await idsOf(""), []);
    assert.equal(await mendEnd(join(root, "absent"), empty), 0);
  });

  test("a line longer than a step is found", async () => {
    const long = `{"id":"${"x".repeat(200_000)}`;
    assert.deepEqual(await idsOf(`{"id":"a"}\n${long}`), ["a"]);
    assert.equal((await idsOf(`${long}"}`)).length, 1);
  });

  test("what does not begin as a line is not torn, but damaged", async () => {
    await assert.rejects(idsOf('{"id":"a"}\nsome notes'), /line 2: it is not valid JSON/);
  });
});
