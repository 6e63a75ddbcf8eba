import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { EcampError, UsageError } from "../../util/errors.ts";
import { PredictionFolder, type PredictionFolderOptions } from "./prediction-folder.ts";

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
    const earlier = await made("earlier", "list.csv", "marks/stale.png");
    await assert.rejects(prepare(earlier), /it is not empty; .* with --overwrite/);
    const foreign = await made("foreign", "list.csv", "records.jsonl");
    const overwrite = { overwrite: true };
    await assert.rejects(prepare(foreign, overwrite), /it holds "records\.jsonl"/);
    const unlisted = await made("unlisted", "marks/own.png");
    await assert.rejects(prepare(unlisted, overwrite), /has no "list\.csv"/);
    assert.deepEqual((await readdir(foreign)).toSorted(), ["list.csv", "records.jsonl"]);
    assert.deepEqual(await readdir(join(unlisted, "marks")), ["own.png"]);
    await prepare(earlier, overwrite);
    assert.deepEqual(await readdir(earlier), []);
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
