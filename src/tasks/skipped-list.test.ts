import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { isDiskFull } from "../util/atomic-file.ts";
import { SkippedList } from "./skipped-list.ts";

const root = await mkdtemp(join(tmpdir(), "skipped-list-"));
after(() => rm(root, { recursive: true, force: true }));

const MODE = { mode: 0o600 };

const newFile = async (): Promise<string> =>
  join(await mkdtemp(join(root, "run-")), "skipped.jsonl");

const bad = (id: string) => ({ record: 0, id, reason: "it is torn" });

const read = async (file: string): Promise<readonly object[]> =>
  (await readFile(file, "utf8"))
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe("SkippedList", () => {
  test("lists every record once, over stops too", async () => {
    const file = await newFile();
    const first = await SkippedList.open(file, MODE);
    assert.equal(first.size, 0);
    assert.deepEqual(await readdir(dirname(file)), [], "no file where nothing was skipped");
    assert.deepEqual(await first.add([bad("a"), bad("é")], 0), [bad("a"), bad("é")]);
    assert.deepEqual(await first.add([bad("a")], 1), []);
    await appendFile(file, '{"epoch":1,"id":"c","rea');
    const second = await SkippedList.open(file, MODE);
    assert.equal(second.size, 2);
    assert.deepEqual(await second.add([bad("é"), bad("c")], 2), [bad("c")]);
    assert.deepEqual(await read(file), [
      { epoch: 0, id: "a", reason: "it is torn" },
      { epoch: 0, id: "é", reason: "it is torn" },
      { epoch: 2, id: "c", reason: "it is torn" },
    ]);
  });

  test("gives its file the mode", { skip: process.platform === "win32" }, async () => {
    const file = await newFile();
    await (await SkippedList.open(file, MODE)).add([bad("a")], 0);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  test("lists again what did not fit on the disk", async (context) => {
    await onSmallDisk(context, "size=16k", async (disk) => {
      const file = join(disk, "skipped.jsonl");
      const filler = join(disk, "filler");
      const list = await SkippedList.open(file, MODE);
      await list.add([bad("a")], 0);
      await assert.rejects(async () => {
        for (;;) await appendFile(filler, new Uint8Array(512));
      }, isDiskFull);
      const many = Array.from({ length: 200 }, (_, i) => bad(`r${i}`));
      await assert.rejects(list.add(many, 0), isDiskFull);
      await rm(filler);
      await list.add(many, 0);
      assert.equal(list.size, 201);
      assert.equal((await read(file)).length, 201);
    });
  });
});
