import assert from "node:assert/strict";
import { test } from "node:test";
import { isLfsPointer } from "./lfs-pointer.ts";

test("isLfsPointer() knows a pointer by its first line", () => {
  const line = "version https://git-lfs.github.com/spec/v1";
  assert.ok(isLfsPointer(`${line}\noid sha256:4d7a\nsize 12\n`));
  assert.ok(!isLfsPointer(`a.png ${line}\n`));
  assert.ok(!isLfsPointer("version 2\n"));
});
