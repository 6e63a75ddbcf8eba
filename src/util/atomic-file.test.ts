import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import {
  makeFolder,
  systemErrorCode,
  writeFileAtomically,
  writeFolderAtomically,
} from "./atomic-file.ts";
import { EcampError } from "./errors.ts";

const root = await mkdtemp(join(tmpdir(), "atomic-file-"));
after(() => rm(root, { recursive: true, force: true }));

async function freshFolder(): Promise<string> {
  return mkdtemp(join(root, "case-"));
}

describe("writeFileAtomically()", () => {
  test("writes text, bytes and pieces", async () => {
    const folder = await freshFolder();
    async function* pieces(): AsyncGenerator<string | Uint8Array> {
      yield "é";
      yield Uint8Array.of(10, 0);
    }
    await writeFileAtomically(join(folder, "a"), "x\n");
    await writeFileAtomically(join(folder, "b"), Uint8Array.of(1, 2));
    await writeFileAtomically(join(folder, "c"), pieces());
    await writeFileAtomically(join(folder, "d"), ["1", "2"]);
    assert.equal(await readFile(join(folder, "a"), "utf8"), "x\n");
    assert.deepEqual([...(await readFile(join(folder, "b")))], [1, 2]);
    assert.deepEqual([...(await readFile(join(folder, "c")))], [0xc3, 0xa9, 10, 0]);
    assert.equal(await readFile(join(folder, "d"), "utf8"), "12");
  });

  test("writes under every name that the disk takes", async () => {
    const folder = await freshFolder();
    for (const name of ["x".repeat(255), "中".repeat(85)]) {
      await writeFileAtomically(join(folder, name), "x");
      assert.equal(await readFile(join(folder, name), "utf8"), "x");
    }
    await assert.rejects(writeFileAtomically(join(folder, "x".repeat(256)), "x"), /ENAMETOOLONG/);
  });

  test("keeps the old content and leaves nothing behind when the new cannot be produced", async () => {
    const folder = await freshFolder();
    const path = join(folder, "file");
    await writeFile(path, "old");
    function* broken(): Generator<string> {
      yield "new";
      throw new TypeError("no more");
    }
    await assert.rejects(writeFileAtomically(path, broken()), new TypeError("no more"));
    assert.equal(await readFile(path, "utf8"), "old");
    assert.deepEqual(await readdir(folder), ["file"]);
  });

  test("does not blame the disk when the source of the content is missing", async () => {
    const folder = await freshFolder();
    async function* source(): AsyncGenerator<Uint8Array> {
      yield await readFile(join(folder, "absent"));
    }
    await assert.rejects(writeFileAtomically(join(folder, "file"), source()), (error: unknown) => {
      assert.ok(!(error instanceof EcampError));
      assert.equal(systemErrorCode(error), "ENOENT");
      return true;
    });
  });

  test("gives a private file its mode", { skip: process.platform === "win32" }, async () => {
    const path = join(await freshFolder(), "secret");
    await writeFileAtomically(path, "k", { mode: 0o600 });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  test("names the file that the disk refuses", async () => {
    const path = join(await freshFolder(), "missing", "file");
    await assert.rejects(writeFileAtomically(path, ""), (error: unknown) => {
      assert.ok(error instanceof EcampError);
      assert.ok(error.message.startsWith(`Cannot write "${path}": ENOENT`));
      assert.equal(systemErrorCode(error.cause), "ENOENT");
      return true;
    });
  });
});

describe("makeFolder()", () => {
  test("makes the folders above too, and keeps those that stand", async () => {
    const folder = await freshFolder();
    const inner = join(folder, "a", "b");
    await Promise.all([makeFolder(inner), makeFolder(inner)]);
    await writeFile(join(inner, "file"), "");
    await makeFolder(inner);
    assert.deepEqual(await readdir(inner), ["file"]);
  });

  test("passes the mode on to every folder that it makes", async () => {
    const folder = await freshFolder();
    await makeFolder(join(folder, "a", "b"), { mode: 0o700 });
    assert.equal((await stat(join(folder, "a"))).mode & 0o777, 0o700);
    assert.equal((await stat(join(folder, "a", "b"))).mode & 0o777, 0o700);
  });

  test("refuses a file in the way", async () => {
    const file = join(await freshFolder(), "file");
    await writeFile(file, "");
    await assert.rejects(makeFolder(file), { code: "EEXIST" });
    await assert.rejects(makeFolder(join(file, "a", "b")), { code: "ENOTDIR" });
  });

  const skip = process.platform === "linux" ? false : "/proc is Linux's";
  test("returns where the kernel makes no folders", { skip }, async () => {
    await assert.rejects(makeFolder("/proc/no-such-folder/a"), { code: "ENOENT" });
  });
});

describe("writeFolderAtomically()", () => {
  const fill = (name: string) => async (temporary: string) => {
    await mkdir(join(temporary, "inner"));
    await writeFile(join(temporary, "inner", name), name);
    return name;
  };

  test("publishes the folder, parents included, and returns the result", async () => {
    const folder = join(await freshFolder(), "parent", "out");
    assert.equal(await writeFolderAtomically(folder, fill("one")), "one");
    assert.equal(await readFile(join(folder, "inner", "one"), "utf8"), "one");
    assert.deepEqual(await readdir(join(folder, "..")), ["out"]);
  });

  test("names the folder when one above it cannot be made", async () => {
    const file = join(await freshFolder(), "file");
    await writeFile(file, "");
    const folder = join(file, "parent", "out");
    await assert.rejects(writeFolderAtomically(folder, fill("one")), (error: unknown) => {
      assert.ok(error instanceof EcampError);
      assert.ok(error.message.startsWith(`Cannot write "${folder}": ENOTDIR`), error.message);
      return true;
    });
  });

  test("accepts an empty folder and refuses one with entries before any work", async () => {
    const folder = await freshFolder();
    await writeFolderAtomically(folder, fill("one"));
    let called = false;
    const write = async (): Promise<void> => {
      called = true;
    };
    await assert.rejects(writeFolderAtomically(folder, write), /exists and is not empty/);
    assert.equal(called, false);
    assert.equal(await readFile(join(folder, "inner", "one"), "utf8"), "one");
  });

  test("replaces when told to, leaving no temporary folder", async () => {
    const parent = await freshFolder();
    const folder = join(parent, "out");
    await writeFolderAtomically(folder, fill("one"));
    await writeFolderAtomically(folder, fill("two"), { existing: "replace" });
    assert.deepEqual(await readdir(join(folder, "inner")), ["two"]);
    assert.deepEqual(await readdir(parent), ["out"]);
  });

  test("changes nothing when the writer fails", async () => {
    const parent = await freshFolder();
    const folder = join(parent, "out");
    await writeFolderAtomically(folder, fill("one"));
    const write = async (temporary: string): Promise<never> => {
      await writeFile(join(temporary, "half"), "");
      throw new RangeError("stop");
    };
    await assert.rejects(
      writeFolderAtomically(folder, write, { existing: "replace" }),
      new RangeError("stop"),
    );
    assert.deepEqual(await readdir(folder), ["inner"]);
    assert.deepEqual(await readdir(parent), ["out"]);
  });

  test("refuses a file that stands at the path", async () => {
    const path = join(await freshFolder(), "file");
    await writeFile(path, "");
    await assert.rejects(writeFolderAtomically(path, fill("one")), EcampError);
  });
});
