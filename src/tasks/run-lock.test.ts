import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ConfigError } from "../util/errors.ts";
import { LOCK_FILE, lockRun, requireUnlocked } from "./run-lock.ts";

const root = await mkdtemp(join(tmpdir(), "run-lock-"));
after(() => rm(root, { recursive: true, force: true }));

const newFolder = (): Promise<string> => mkdtemp(join(root, "run-"));

const SINCE = "2025-01-01T00:00:00.000Z";

/** Locks, and keeps what was told. */
async function lock(folder: string, notes: string[] = []): Promise<AsyncDisposable> {
  return lockRun(folder, { note: (text) => notes.push(text), now: () => new Date(SINCE) });
}

/** A folder with a lock of that content. */
async function lockedBy(content: string | object): Promise<string> {
  const folder = await newFolder();
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await writeFile(join(folder, LOCK_FILE), text);
  return folder;
}

/** The number of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? Number.NaN;
}

describe("lockRun()", () => {
  test("names this process, and leaves nothing when it is disposed of", async () => {
    const folder = await newFolder();
    const held = await lock(folder);
    const { pid, since } = JSON.parse(await readFile(join(folder, LOCK_FILE), "utf8"));
    assert.deepEqual({ pid, since }, { pid: process.pid, since: SINCE });
    await held[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  });

  test("refuses a folder that a living process holds, naming it and since when", async () => {
    const folder = await newFolder();
    const file = join(folder, LOCK_FILE);
    const expected = (whose: string): ConfigError =>
      new ConfigError(
        `Cannot use "${folder}": a run of ${whose} has been using it since ${SINCE}; ` +
          `wait for its end or choose another folder (delete "${file}" only if that process is something else)`,
      );
    {
      await using _held = await lock(folder);
      await assert.rejects(lock(folder), expected("this process"));
      await assert.rejects(requireUnlocked(folder), expected("this process"));
    }
    await requireUnlocked(folder);
    await writeFile(file, JSON.stringify({ pid: process.ppid, started: null, since: SINCE }));
    await assert.rejects(lock(folder), expected(`process ${process.ppid}`));
    assert.deepEqual(await readdir(folder), [LOCK_FILE]);
  });

  test("takes over from a process that has ended, and says so", async () => {
    const pid = await endedProcess();
    const folder = await lockedBy({ pid, started: null, since: SINCE });
    const notes: string[] = [];
    await using _held = await lock(folder, notes);
    assert.deepEqual(notes, [`"${folder}": took over the lock of process ${pid}, which has ended`]);
    assert.equal(JSON.parse(await readFile(join(folder, LOCK_FILE), "utf8")).pid, process.pid);
    assert.deepEqual(await readdir(folder), [LOCK_FILE]);
  });

  const skip = process.platform === "linux" ? false : "/proc is Linux's";
  test("knows a process number that was given to another process", { skip }, async () => {
    const folder = await lockedBy({ pid: process.pid, started: "1 00000000", since: SINCE });
    const notes: string[] = [];
    await using _held = await lock(folder, notes);
    assert.equal(notes.length, 1);
  });

  test("knows a process that was killed and is not yet missed by its parent", {
    skip,
  }, async () => {
    // The shell becomes `sleep`, which does not look after the child that it inherits.
    const shell = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"]);
    const [pid] = await once(shell.stdout, "data");
    try {
      const state = () => readFile(`/proc/${Number(pid)}/stat`, "utf8");
      while (!(await state()).includes(") Z ")) await new Promise((go) => setTimeout(go, 5));
      const folder = await lockedBy({ pid: Number(pid), started: null, since: SINCE });
      await using _held = await lock(folder);
    } finally {
      shell.kill("SIGKILL");
    }
  });

  test("is given to one of many that find the same stale lock", async () => {
    const pid = await endedProcess();
    for (let round = 0; round < 30; round++) {
      const folder = await lockedBy({ pid, started: null, since: SINCE });
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lock(folder)));
      const held = attempts.flatMap((attempt) =>
        attempt.status === "fulfilled" ? [attempt.value] : [],
      );
      assert.equal(held.length, 1);
      for (const attempt of attempts) {
        if (attempt.status === "rejected")
          assert.match(`${attempt.reason}`, /a run of this process/);
      }
      assert.deepEqual(await readdir(folder), [LOCK_FILE]);
      await held[0]?.[Symbol.asyncDispose]();
      assert.deepEqual(await readdir(folder), []);
    }
  });

  test("refuses when a kill came between judging a stale lock and replacing it", async () => {
    const folder = await lockedBy({ pid: await endedProcess(), started: null, since: SINCE });
    const file = join(folder, LOCK_FILE);
    await writeFile(`${file}.new`, "");
    await assert.rejects(
      lock(folder),
      new ConfigError(
        `Cannot take over the lock "${file}": another process has been about to for 2 s; delete "${file}.new" if none is`,
      ),
    );
  });

  test("goes on where a process was killed that had claimed the lock", async () => {
    const gone = { pid: await endedProcess(), started: null, since: SINCE };
    const folder = await lockedBy(gone);
    const claim = join(folder, `${LOCK_FILE}.new`);
    await writeFile(claim, JSON.stringify(gone));
    const notes: string[] = [];
    {
      await using _held = await lock(folder, notes);
      assert.match(notes[0] ?? "", /took over the lock of process \d+, which has ended$/);
      assert.deepEqual(await readdir(folder), [LOCK_FILE]);
    }
    assert.deepEqual(await readdir(folder), []);
  });

  test("leaves a claim alone whose process lives", async () => {
    const folder = await lockedBy({ pid: await endedProcess(), started: null, since: SINCE });
    const claim = join(folder, `${LOCK_FILE}.new`);
    const text = JSON.stringify({ pid: process.ppid, started: null, since: SINCE });
    await writeFile(claim, text);
    await assert.rejects(lock(folder), /another process has been about to for 2 s/);
    assert.equal(await readFile(claim, "utf8"), text);
  });

  test("refuses a lock that names no process, and says which file it is", async () => {
    for (const content of ["", "{", '{"pid": 0}', '{"pid": "x", "started": null, "since": ""}']) {
      const folder = await lockedBy(content);
      await assert.rejects(
        lock(folder),
        new ConfigError(
          `Cannot use "${folder}": its lock "${join(folder, LOCK_FILE)}" cannot be understood (it does not name a process), ` +
            "so another run may be using it; delete that file if none is",
        ),
      );
    }
  });

  test("waits for a lock that is just being written", async () => {
    const folder = await lockedBy("");
    const owner = { pid: process.ppid, started: null, since: SINCE };
    setTimeout(() => writeFile(join(folder, LOCK_FILE), JSON.stringify(owner)), 10);
    await assert.rejects(lock(folder), /a run of process \d+ has been using it/);
  });

  test("leaves a lock alone that another process took meanwhile", async () => {
    const folder = await newFolder();
    const held = await lock(folder);
    const other = JSON.stringify({ pid: process.ppid, started: null, since: SINCE });
    await writeFile(join(folder, LOCK_FILE), other);
    await held[Symbol.asyncDispose]();
    assert.equal(await readFile(join(folder, LOCK_FILE), "utf8"), other);
  });

  test("gives the lock its mode", { skip: process.platform === "win32" }, async () => {
    const folder = await newFolder();
    const options = { note: () => undefined, now: () => new Date(0), mode: 0o600 };
    await using _held = await lockRun(folder, options);
    assert.equal((await stat(join(folder, LOCK_FILE))).mode & 0o777, 0o600);
  });

  test("says which file the disk refuses", async () => {
    const folder = join(root, "absent");
    await assert.rejects(lock(folder), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.ok(
        error.message.startsWith(`Cannot write the lock "${join(folder, LOCK_FILE)}": ENOENT`),
      );
      return true;
    });
  });

  const isRoot = process.getuid?.() === 0;
  test("refuses a folder that cannot be written", {
    skip: isRoot && "root may write anywhere",
  }, async () => {
    const folder = await newFolder();
    await chmod(folder, 0o500);
    await assert.rejects(lock(folder), /^ConfigError: Cannot write the lock ".*": EACCES/);
  });
});
