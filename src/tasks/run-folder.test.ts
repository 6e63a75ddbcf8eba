import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { requireUnusedFolder } from "./run-folder.ts";
import { LOCK_FILE } from "./run-lock.ts";

const root = await mkdtemp(join(tmpdir(), "run-folder-"));
after(() => rm(root, { recursive: true, force: true }));

const newFolder = (): Promise<string> => mkdtemp(join(root, "run-"));

const isRoot = process.getuid?.() === 0;

describe("requireUnusedFolder()", () => {
  test("takes a folder that is not there, is empty, or was left by a run that wrote nothing", async () => {
    const folder = await newFolder();
    await requireUnusedFolder(join(folder, "deeper", "run"));
    await requireUnusedFolder(folder);
    const owner = { pid: 2 ** 30, started: null, since: "" };
    await writeFile(join(folder, LOCK_FILE), JSON.stringify(owner));
    await requireUnusedFolder(folder);
    assert.deepEqual(await readdir(folder), [LOCK_FILE]);
  });

  test("refuses one that another run uses before it says what it holds", async () => {
    const folder = await newFolder();
    const owner = { pid: process.ppid, started: null, since: "today" };
    await writeFile(join(folder, LOCK_FILE), JSON.stringify(owner));
    await writeFile(join(folder, "config.json"), "{}");
    await assert.rejects(
      requireUnusedFolder(folder),
      /: a run of process \d+ has been using it since today; /,
    );
  });

  test("refuses a read-only disk, though root asks", async (context) => {
    await onSmallDisk(context, "ro,size=1m", async (disk) => {
      for (const folder of [disk, join(disk, "deeper", "run")]) {
        await assert.rejects(requireUnusedFolder(folder), (error) => {
          assert.match(
            `${error}`,
            /^ConfigError: Cannot start a run in ".*": EROFS: read-only file system/,
          );
          return true;
        });
      }
    });
  });

  test("refuses a folder that its user may not write", {
    skip: isRoot && "root may write anywhere",
  }, async () => {
    const folder = join(await newFolder(), "closed");
    await mkdir(folder);
    await chmod(folder, 0o500);
    await assert.rejects(
      requireUnusedFolder(join(folder, "run")),
      /^ConfigError: Cannot start a run in ".*": EACCES/,
    );
  });
});
