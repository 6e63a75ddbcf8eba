import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { listImagePath } from "./list-path.ts";

const root = resolve("pictures");

describe("listImagePath()", () => {
  test("gives every spelling of a path the same one", () => {
    for (const path of [
      "a/b.png",
      "./a/b.png",
      "a//b.png",
      "a/./b.png",
      "a\\b.png",
      ".\\a/b.png",
    ]) {
      assert.equal(listImagePath(path, root), "a/b.png", path);
    }
    assert.equal(listImagePath(join(root, "a", "b.png"), root), "a/b.png");
    assert.equal(listImagePath("..a/b..png", root), "..a/b..png");
  });

  test("refuses what is not inside the folder", () => {
    const outside = ["../b.png", "a/../../b.png", "a\\..\\..\\b.png", "/etc/b.png", "C:\\b.png"];
    for (const path of [...outside, root, `${root}-other/b.png`, ".", "./", "", "a\0.png"]) {
      assert.equal(listImagePath(path, root), undefined, path);
    }
  });
});
