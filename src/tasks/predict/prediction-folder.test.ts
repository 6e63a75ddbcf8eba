import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { EcampError, UsageError } from "../../util/errors.ts";
import {
  LongNameError,
  PredictionFolder,
  type PredictionFolderOptions,
} from "./prediction-folder.ts";

const root = await mkdtemp(join(tmpdir(), "prediction-folder-"));
after(() => rm(root, { recursive: true, force: true }));

const ENTRIES = { list: "list.csv", others: ["marks"] };

async function prepare(path: string, options: Partial<PredictionFolderOptions> = {}) {
  return PredictionFolder.prepare(path, {
    ...{ entries: ENTRIES, sources: [], overwrite: false, ...options },
  });
}

/** A folder with files in it. */
async function made(name: string, ...files: string[]): Promise<string> {
  const path = join(root, name);
  for (const file of files) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), "old");
  }
  return path;
}

/** A folder with predictions in it. */
async function predicted(name: string, ...files: string[]): Promise<string> {
  const folder = await prepare(join(root, name));
  for (const file of files) await folder.write(file, "old");
  return folder.path;
}

describe("PredictionFolder", () => {
  test("is its owner's alone, and so is what is written", async () => {
    const path = join(root, "new", "inner");
    const folder = await prepare(path);
    await folder.write("marks/deep/a.txt", "a");
    assert.equal(await readFile(join(path, "marks/deep/a.txt"), "utf8"), "a");
    for (const way of ["", "marks", "marks/deep"]) {
      assert.equal((await stat(join(path, way))).mode & 0o077, 0, way);
    }
    assert.equal((await stat(join(path, "marks/deep/a.txt"))).mode & 0o777, 0o600);
  });

  test("is refused where it holds anything, unless that is an earlier prediction to replace", async () => {
    const earlier = await predicted("earlier", "list.csv", "marks/stale.png");
    await assert.rejects(prepare(earlier), /it is not empty; .* with --overwrite/);
    const foreign = await made("foreign", "list.csv", "records.jsonl");
    const overwrite = { overwrite: true };
    await assert.rejects(prepare(foreign, overwrite), /it holds "records\.jsonl"/);
    const unlisted = await made("unlisted", "list.csv", "marks/own.png");
    await assert.rejects(prepare(unlisted, overwrite), /has no "written\.jsonl"/);
    assert.deepEqual((await readdir(foreign)).toSorted(), ["list.csv", "records.jsonl"]);
    assert.deepEqual(await readdir(join(unlisted, "marks")), ["own.png"]);
    await prepare(earlier, overwrite);
    assert.deepEqual(await readdir(earlier), ["written.jsonl"]);
  });

  test("is replaced after a kill too, with what was half-written and not yet in its list", async () => {
    const killed = await predicted("killed", "marks/deep/a.png");
    const half = ".b.png.01234567-89ab-cdef-0123-456789abcdef.tmp";
    await writeFile(join(killed, "marks", half), "ha");
    await writeFile(join(killed, "written.jsonl"), '"marks/b.png"\n"marks/c', { flag: "a" });
    await prepare(killed, { overwrite: true });
    assert.deepEqual(await readdir(killed), ["written.jsonl"]);
  });

  test("is not replaced, and nothing in it deleted, where a file lies that was not written there", async () => {
    for (const name of ["own.png", ".own.png.01234567-89ab-cdef-0123-456789abcdef.tmp"]) {
      const path = await predicted(`mixed-${name.length}`, "list.csv", "marks/a.png");
      await writeFile(join(path, "marks", name), "somebody's");
      await assert.rejects(prepare(path, { overwrite: true }), (error) => {
        assert.ok(error instanceof EcampError);
        assert.ok(error.message.includes(`it holds "marks/${name}", which the earlier prediction`));
        return true;
      });
      assert.deepEqual((await readdir(join(path, "marks"))).toSorted(), [name, "a.png"].toSorted());
      assert.ok((await readdir(path)).includes("list.csv"));
    }
  });

  test("takes all files of a picture or none, where a name is too long", async () => {
    const path = join(root, "long");
    const folder = await prepare(path);
    const [short, long] = ["marks/a.png", `marks/${"a".repeat(252)}.png`];
    const files = new Map([short, long].map((name) => [name, "a"]));
    await assert.rejects(folder.writeAll(files), (error) => {
      assert.ok(error instanceof LongNameError);
      assert.match(error.message, /"marks\/a+\.png": the name is longer than the disk takes/);
      return true;
    });
    assert.deepEqual(await readdir(join(path, "marks")), []);
  });

  test("is refused where a file has its name", async () => {
    const path = await made("plain", "file");
    await assert.rejects(prepare(join(path, "file")), (error) => {
      return error instanceof EcampError && /there is a file of that name/.test(error.message);
    });
  });

  test("is neither what is read, nor in it, nor around it, whatever links say", async () => {
    const films = await made("films", "a.png");
    await symlink(films, join(root, "linked"));
    const refused = async (path: string, source: string, words: RegExp) =>
      assert.rejects(prepare(path, { sources: [source], overwrite: true }), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, words);
        return true;
      });
    await refused(films, films, /it is ".*films", which is read/);
    await refused(join(films, "out", "deep"), films, /it lies in ".*films"/);
    await refused(join(root, "linked", "out"), films, /it lies in/);
    await refused(films, join(films, "a.png"), /it holds ".*a\.png"/);
    await refused(root, films, /it holds/);
    await prepare(join(films, "..", "films-out"), { sources: [films, join(films, "a.png")] });
    assert.deepEqual(await readdir(films), ["a.png"]);
  });
});
