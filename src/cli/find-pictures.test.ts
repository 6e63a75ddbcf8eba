import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findNamedPictures, picturesBelow } from "./find-pictures.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "find-pictures-"));
});
after(() => rm(folder, { recursive: true, force: true }));

describe("picturesBelow()", () => {
  test("finds pictures once, whatever links lead back, and no folder of a picture's name", async () => {
    const at = (...names: string[]) => join(folder, ...names);
    await mkdir(at("inner", "dir.png"), { recursive: true });
    for (const name of ["a.png", "b.JPEG", "notes.txt"]) await writeFile(at(name), "");
    await writeFile(at("inner", "c.jpg"), "");
    await symlink(".", at("loop"));
    await symlink("..", at("inner", "back"));
    await symlink(join("inner", "c.jpg"), at("linked.jpg"));
    await symlink("inner", at("folder.png"));
    await symlink("nowhere", at("lost.png"));
    const found = await picturesBelow(folder);
    assert.deepEqual(
      found.toSorted(),
      ["a.png", "b.JPEG", join("inner", "c.jpg"), "linked.jpg", "lost.png"].map((name) => at(name)),
    );
  });
});

describe("findNamedPictures()", () => {
  test("names each picture once, by its path from what the paths have in common", async () => {
    const at = (...names: string[]) => join(folder, "named", ...names);
    for (const way of ["a", "b/deep", "ab"]) {
      await mkdir(at(way), { recursive: true });
      await writeFile(at(way, "film.png"), "");
    }
    const names = async (...paths: string[]) => [...(await findNamedPictures(paths))];
    assert.deepEqual(await names(at("b")), [[at("b", "deep", "film.png"), "deep/film.png"]]);
    assert.deepEqual(await names(at("a", "film.png")), [[at("a", "film.png"), "film.png"]]);
    const [all, again] = [at("a", "film.png"), join(at("a"), "..", "a", "film.png")];
    assert.deepEqual(await names(all, at("ab"), at("b", "deep"), again, at("a")), [
      [at("a", "film.png"), "a/film.png"],
      [at("ab", "film.png"), "ab/film.png"],
      [at("b", "deep", "film.png"), "b/deep/film.png"],
    ]);
  });
});
