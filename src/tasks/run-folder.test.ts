import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { onSmallDisk } from "../../test/small-disk.ts";
import { createRunFolder, requireUnusedFolder, resumeRunFolder } from "./run-folder.ts";
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

const NEW = {
  config: "{}\n",
  privacy: "public",
  note: () => undefined,
  now: () => new Date(0),
} as const;

describe("createRunFolder()", () => {
  test("holds config.json, and a lock until the run ends", async () => {
    const folder = join(await newFolder(), "deeper", "run");
    const lock = await createRunFolder(folder, NEW);
    assert.deepEqual((await readdir(folder)).toSorted(), ["config.json", LOCK_FILE]);
    await assert.rejects(
      createRunFolder(folder, NEW),
      /: a run of this process has been using it /,
    );
    await assert.rejects(
      resumeRunFolder(folder, NEW),
      /: a run of this process has been using it /,
    );
    await lock[Symbol.asyncDispose]();
    await mkdir(join(folder, "best"));
    await assert.rejects(
      createRunFolder(folder, NEW),
      /: it holds best, config\.json already; use --resume/,
    );
    assert.deepEqual((await readdir(folder)).toSorted(), ["best", "config.json"]);
    const resumed = await resumeRunFolder(folder, NEW);
    await assert.rejects(requireUnusedFolder(folder), /: a run of this process /);
    await resumed[Symbol.asyncDispose]();
  });

  test("gives the folder to one of several runs that begin at the same time", async () => {
    const folder = join(await newFolder(), "run");
    const attempts = await Promise.allSettled(
      Array.from({ length: 6 }, () => createRunFolder(folder, NEW)),
    );
    assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
  });

  test("begins anew where a run ended before its first checkpoint, and says so", async () => {
    const folder = await newFolder();
    const earlier = { "train.lr": { value: 1, from: "--set" } };
    await writeFile(join(folder, "config.json"), JSON.stringify(earlier));
    for (const name of ["log.jsonl", "trained-on.json"]) await writeFile(join(folder, name), "{}");
    const half = ".step-000001.01234567-89ab-cdef-0123-456789abcdef.tmp";
    await mkdir(join(folder, "checkpoints", half), { recursive: true });
    await requireUnusedFolder(folder);
    assert.equal((await readdir(folder)).length, 4);
    const notes: string[] = [];
    const lock = await createRunFolder(folder, { ...NEW, note: (text) => notes.push(text) });
    await lock[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), ["config.json"]);
    assert.equal(await readFile(join(folder, "config.json"), "utf8"), NEW.config);
    assert.match(
      notes.join("\n"),
      /holds a run that ended before its first checkpoint: begun anew/,
    );
  });

  test("leaves a checkpoint, and what is no run's, as it stands", async () => {
    for (const [name, text] of [
      ["config.json", '{"hidden_size": 768}'],
      ["log.jsonl", "somebody's"],
      ["checkpoints/step-000001", ""],
      ["checkpoints/.step-000001.old.tmp", ""],
    ] as const) {
      const folder = await newFolder();
      if (name.includes("/")) await writeFile(join(folder, "config.json"), "{}");
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), text);
      const before = await readdir(folder, { recursive: true });
      for (const start of [requireUnusedFolder(folder), createRunFolder(folder, NEW)]) {
        await assert.rejects(start, /: it holds .* already; use --resume/);
      }
      assert.deepEqual(await readdir(folder, { recursive: true }), before);
    }
  });

  test("clears away what a kill left of its first file", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, ".config.json.6f1d.tmp"), "{");
    const lock = await createRunFolder(folder, NEW);
    await lock[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), ["config.json"]);
  });

  const skip = process.platform === "win32" && "Windows has no permission bits";
  test("closes a folder that stood there to others, after a private dataset only", {
    skip,
  }, async () => {
    for (const [privacy, expected] of [
      ["private", 0o700],
      ["public", 0o755],
    ] as const) {
      const folder = await newFolder();
      await chmod(folder, 0o755);
      const lock = await createRunFolder(folder, { ...NEW, privacy });
      await lock[Symbol.asyncDispose]();
      assert.equal((await stat(folder)).mode & 0o777, expected);
    }
  });

  test("says that the disk is full, and leaves no lock", async (context) => {
    await onSmallDisk(context, "size=64k", async (disk) => {
      const folder = join(disk, "run");
      await assert.rejects(
        createRunFolder(folder, { ...NEW, config: "x".repeat(100_000) }),
        /^ConfigError: Cannot start a run in ".*": Cannot write ".*config\.json": ENOSPC/,
      );
      assert.deepEqual(await readdir(folder), []);
    });
  });
});
