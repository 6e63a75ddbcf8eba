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
    const found = await picturesBelow(folder);
    assert.deepEqual(
      found.toSorted(),
      [at("a.png"), at("b.JPEG"), at("inner", "c.jpg"), at("linked.jpg")].toSorted(),
    );
  });
});
