import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { decodeWindowMap } from "../data/window-map.ts";
import { bestWindow } from "../image/attention-window.ts";
import { type MadeWindow, madeWindow, WindowFile } from "./window-file.ts";

const root = await mkdtemp(join(tmpdir(), "window-file-"));
after(() => rm(root, { recursive: true, force: true }));

const modelHash = "a".repeat(64);
const textHash = "b".repeat(64);
/** Ids of several bytes a character: a kill may tear one apart. */
const idOf = (index: number): string => `Köln-${index}`;
const windowOf = (index: number): MadeWindow => {
  const map = Float64Array.from({ length: 196 }, (_, cell) => ((cell * (index + 3)) % 17) / 17);
  return madeWindow(idOf(index), { modelHash, textHash, map });
};
const lineOf = (index: number): string => `${JSON.stringify(windowOf(index))}\n`;

let files = 0;
const newPath = (): string => join(root, `${files++}.jsonl`);
const openFile = (path: string, force = false): Promise<WindowFile> =>
  WindowFile.open(path, { mode: 0o600, force });

test("madeWindow() places the window by the map as it was, and carries it", () => {
  const { row, column, share, map, id } = windowOf(4);
  const exact = Float64Array.from({ length: 196 }, (_, cell) => ((cell * 7) % 17) / 17);
  const best = bestWindow(exact);
  assert.deepEqual([id, row, column], ["Köln-4", best.row, best.column]);
  assert.ok(Math.abs(share - best.share) <= 5e-5);
  assert.equal(decodeWindowMap(map)[1], Math.round(255 * Math.sqrt(7 / 16)) ** 2);
});

describe("WindowFile", () => {
  test("appends, and knows again what it was made with", async () => {
    const path = newPath();
    {
      await using file = await openFile(path);
      await file.append([windowOf(0), windowOf(1)]);
      await file.append([windowOf(2)]);
      assert.deepEqual(file.originOf(idOf(2)), { modelHash, textHash });
    }
    assert.equal(await readFile(path, "utf8"), lineOf(0) + lineOf(1) + lineOf(2));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await using file = await openFile(path);
    assert.deepEqual(file.originOf(idOf(1)), { modelHash, textHash });
    assert.equal(file.originOf(idOf(3)), undefined);
  });

  test("loses nothing but the line that a kill has torn, wherever that was", async () => {
    const path = newPath();
    const whole = Buffer.from(lineOf(0) + lineOf(1));
    const first = Buffer.byteLength(lineOf(0));
    // Between the lines, within each kind of value, and within the letter of two bytes.
    const cuts = [0, 1, 9, 30, first / 2, first - 2, first - 1];
    const lengths = [...cuts, ...cuts.map((cut) => first + cut), whole.length - 2, whole.length];
    for (const length of lengths.map(Math.floor)) {
      await writeFile(path, whole.subarray(0, length));
      {
        await using file = await openFile(path);
        const known = [0, 1].filter((index) => file.originOf(idOf(index)) !== undefined);
        // A line that lacks nothing but its end is whole.
        const ended = [first, whole.length].filter((end) => length >= end - 1).length;
        assert.equal(known.length, ended, `${length} bytes`);
        await file.append(known.includes(1) ? [windowOf(2)] : [windowOf(1), windowOf(2)]);
      }
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      const ids = lines.map((line) => JSON.parse(line).id);
      assert.deepEqual(ids, length >= first - 1 ? [0, 1, 2].map(idOf) : [1, 2].map(idOf));
    }
  });

  test("keeps the windows that it is told to, the first of a record", async () => {
    const path = newPath();
    const again = { ...windowOf(1), row: 0, column: 0 };
    await writeFile(path, `${lineOf(0) + lineOf(1) + lineOf(2)}${JSON.stringify(again)}\n`);
    await using file = await openFile(path);
    assert.equal(await file.keep(new Set([idOf(1), idOf(2), "of no record"])), 2);
    assert.equal(await readFile(path, "utf8"), lineOf(1) + lineOf(2));
    assert.equal(file.originOf(idOf(0)), undefined);
    const { mtimeMs, ino } = await stat(path);
    assert.equal(await file.keep(new Set([idOf(1), idOf(2)])), 0);
    assert.deepEqual([(await stat(path)).mtimeMs, (await stat(path)).ino], [mtimeMs, ino]);
    await file.append([windowOf(5)]);
    assert.equal(await readFile(path, "utf8"), lineOf(1) + lineOf(2) + lineOf(5));
    assert.equal(await file.keep(new Set()), 3);
    assert.equal(await readFile(path, "utf8"), "");
  });

  test("leaves somebody else's windows alone unless it is forced", async () => {
    const path = newPath();
    const text = `${lineOf(0)}{"id":"mine","row":0,"column":2}\n{"id":"to`;
    await writeFile(path, text);
    await assert.rejects(openFile(path), {
      name: "ConfigError",
      message: `Cannot add windows to "${path}": 1 of its 2 lines do not say what they were made with, so somebody else made them; choose another file with --out, or replace them all with --force`,
    });
    assert.equal(await readFile(path, "utf8"), text);
    await using file = await openFile(path, true);
    assert.equal(file.originOf(idOf(0)), undefined);
    assert.equal(await readFile(path, "utf8"), "");
  });

  test("says which line is not one of such a file, and that a disk refuses", async () => {
    const path = newPath();
    await writeFile(path, `${lineOf(0)}not JSON\n${lineOf(1)}`);
    await assert.rejects(openFile(path), { message: /line 2: it is not valid JSON/ });
    await writeFile(path, '{"id":"a","row":0,"column":0,"map":"AAAA"}\n');
    await assert.rejects(openFile(path), {
      message: /line 1: map is "AAAA", expected the base64 of 196 bytes/,
    });
    await using file = await openFile(join(root, "absent", "window.jsonl"));
    await assert.rejects(file.append([windowOf(0)]), {
      name: "EcampError",
      message: /^Cannot append to ".*absent.window\.jsonl": /,
    });
  });

  test("ends a last line that lacks only its end", async () => {
    const path = newPath();
    await writeFile(path, lineOf(0));
    await truncate(path, Buffer.byteLength(lineOf(0)) - 1);
    await using file = await openFile(path);
    await appendFile(path, lineOf(1));
    assert.equal(await readFile(path, "utf8"), lineOf(0) + lineOf(1));
    assert.ok(file.originOf(idOf(0)));
  });
});
