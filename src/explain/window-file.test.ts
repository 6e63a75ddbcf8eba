import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { decodeWindowMap } from "../data/window-map.ts";
import { bestWindow } from "../image/attention-window.ts";
import { type MadeWindow, madeWindow, WindowFile, type WindowOrigin } from "./window-file.ts";

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
  WindowFile.open(path, { mode: 0o600, force, modelHash });
const originOf = (file: WindowFile, index: number): WindowOrigin | undefined => {
  const { modelHash: model, textHash: text } = file.originOf(idOf(index)) ?? {};
  return model && text ? { modelHash: model, textHash: text } : undefined;
};
const contentOf = (path: string): Promise<string> => readFile(path, "utf8");

test("madeWindow() places the window by the map as it was, and carries it", () => {
  const { row, column, share, map, id } = windowOf(4);
  const exact = Float64Array.from({ length: 196 }, (_, cell) => ((cell * 7) % 17) / 17);
  const best = bestWindow(exact);
  assert.deepEqual([id, row, column], ["Köln-4", best.row, best.column]);
  assert.ok(Math.abs(share - best.share) <= 5e-5);
  assert.equal(decodeWindowMap(map)[1], Math.round(255 * Math.sqrt(7 / 16)) ** 2);
});

describe("WindowFile", () => {
  test("grows aside, is written as a whole, and is known again", async () => {
    const path = newPath();
    {
      await using file = await openFile(path);
      await file.append([windowOf(0), windowOf(1)]);
      await file.append([windowOf(2)]);
      assert.deepEqual(originOf(file, 2), { modelHash, textHash });
    }
    assert.equal(await contentOf(`${path}.partial`), lineOf(0) + lineOf(1) + lineOf(2));
    if (process.platform !== "win32")
      assert.equal((await stat(`${path}.partial`)).mode & 0o777, 0o600);
    await assert.rejects(stat(path), { code: "ENOENT" });
    await using file = await openFile(path);
    assert.deepEqual(originOf(file, 1), { modelHash, textHash });
    assert.equal(file.originOf(idOf(3)), undefined);
    await file.append([windowOf(4)]);
    assert.equal(await file.finish([4, 0, 2].map(idOf)), true);
    assert.equal(await contentOf(path), lineOf(4) + lineOf(0) + lineOf(2));
    await assert.rejects(stat(`${path}.partial`), { code: "ENOENT" });
  });

  test("loses nothing but the line that a kill has torn, wherever that was", async () => {
    const path = newPath();
    const whole = Buffer.from(lineOf(0) + lineOf(1));
    const first = Buffer.byteLength(lineOf(0));
    // Between the lines, within each kind of value, and within the letter of two bytes.
    const cuts = [0, 1, 9, 30, first / 2, first - 2, first - 1];
    const lengths = [...cuts, ...cuts.map((cut) => first + cut), whole.length - 2, whole.length];
    for (const length of lengths.map(Math.floor)) {
      await writeFile(`${path}.partial`, whole.subarray(0, length));
      await using file = await openFile(path);
      const known = [0, 1].filter((index) => file.originOf(idOf(index)) !== undefined);
      // A line that lacks nothing but its end is whole.
      const ended = [first, whole.length].filter((end) => length >= end - 1).length;
      assert.equal(known.length, ended, `${length} bytes`);
      await file.append([0, 1, 2].filter((index) => !known.includes(index)).map(windowOf));
      await file.finish([0, 1, 2].map(idOf));
      assert.equal(await contentOf(path), lineOf(0) + lineOf(1) + lineOf(2));
      await rm(path);
    }
  });

  test("a torn end of the file itself, as an older version left it, is left out", async () => {
    const path = newPath();
    await writeFile(path, lineOf(0) + lineOf(1).slice(0, 40));
    await using file = await openFile(path);
    assert.equal(await file.finish([idOf(0)]), true);
    assert.equal(await contentOf(path), lineOf(0));
  });

  test("is left alone where it holds what it should, the first window of a record", async () => {
    const path = newPath();
    const again = { ...windowOf(1), row: 0, column: 0 };
    await writeFile(path, `${lineOf(0) + lineOf(1) + lineOf(2)}${JSON.stringify(again)}\n`);
    {
      await using file = await openFile(path);
      assert.equal(file.countWithout(new Set([idOf(1), idOf(2)])), 2);
      assert.equal(await file.finish([idOf(1), idOf(2)]), true);
    }
    assert.equal(await contentOf(path), lineOf(1) + lineOf(2));
    const { mtimeMs, ino } = await stat(path);
    await using file = await openFile(path);
    assert.equal(await file.finish([idOf(1), idOf(2)]), false);
    assert.deepEqual([(await stat(path)).mtimeMs, (await stat(path)).ino], [mtimeMs, ino]);
  });

  test("leaves windows of others alone unless it is forced, and then until the end", async () => {
    const path = newPath();
    const other = `${JSON.stringify({ ...windowOf(1), modelHash: "c".repeat(64) })}\n`;
    const text = `${lineOf(0)}${other}{"id":"mine","row":0,"column":2}\n{"id":"to`;
    await writeFile(path, text);
    await assert.rejects(openFile(path), {
      name: "ConfigError",
      message: `Cannot write windows to "${path}": it holds 1 windows by another model, and 1 that do not say what they were made with; keep them by naming another file (--out), or make every window anew (--force)`,
    });
    await using file = await openFile(path, true);
    assert.equal(file.originOf(idOf(0)), undefined);
    assert.equal(await contentOf(path), text);
    await file.append([windowOf(5)]);
    assert.equal(await contentOf(path), text);
    await file.finish([idOf(5)]);
    assert.equal(await contentOf(path), lineOf(5));
  });

  test("says which line is not one of such a file, forced or not, and that a disk refuses", async () => {
    const path = newPath();
    for (const [text, message] of [
      [`${lineOf(0)}not JSON\n${lineOf(1)}`, /line 2: it is not valid JSON/],
      ["a line of notes", /line 1: it is not valid JSON/],
      [
        '{"id":"a","row":0,"column":0,"map":"AAAA"}\n',
        /line 1: map is "AAAA", expected the base64 of 196 bytes/,
      ],
      ['{"id":"a","report":"Edema."}\n', /line 1: row is /],
    ] as const) {
      await writeFile(path, text);
      for (const force of [false, true]) await assert.rejects(openFile(path, force), { message });
      assert.equal(await contentOf(path), text);
    }
    await using file = await openFile(join(root, "absent", "window.jsonl"));
    await assert.rejects(file.append([windowOf(0)]), {
      name: "EcampError",
      message: /^Cannot append to ".*absent.window\.jsonl\.partial": /,
    });
  });
});
