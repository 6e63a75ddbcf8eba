import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type OutputFile, refuseSourceFile } from "./refuse-source-file.ts";

const root = await mkdtemp(join(tmpdir(), "source-file-"));
after(() => rm(root, { recursive: true }));
const set = join(root, "set");
await mkdir(set);
for (const name of ["dataset.json", "records.jsonl"]) await writeFile(join(set, name), "");
await writeFile(join(root, "table.csv"), "");

const check = (out: string, options: Partial<OutputFile> = {}): Promise<void> =>
  refuseSourceFile({
    out: join(root, out),
    attempt: "write x to",
    expected: "another",
    ...options,
  });

describe("refuseSourceFile()", () => {
  test("refuses a dataset's files but the one that is written there", async () => {
    for (const name of ["dataset.json", "records.jsonl", "window.jsonl", "split.jsonl"]) {
      await assert.rejects(check(`set/${name}`, { mayBe: "context.jsonl" }), {
        name: "UsageError",
        message: `Cannot write x to "${join(set, name)}": it is a dataset's own file; expected another`,
      });
    }
    await check("set/context.jsonl", { mayBe: "context.jsonl" });
    await assert.rejects(check("set/context.jsonl"), /a dataset's own file/);
    await check("set/other.jsonl");
    await check("records.jsonl"); // a folder that is no dataset
    await check("no/such/folder.jsonl");
  });

  test("refuses the table that is read, under whatever name", async () => {
    const from = join(root, "table.csv");
    await assert.rejects(check("table.csv", { from }), /it is the table that is read/);
    await assert.rejects(check("set/../table.csv", { from }), /it is the table that is read/);
    await check("table.jsonl", { from });
  });

  test("looks where links lead", {
    skip: process.platform === "win32" && "links need rights there",
  }, async () => {
    await symlink(join(root, "table.csv"), join(root, "table-link"));
    await symlink(join(set, "records.jsonl"), join(root, "records-link"));
    await symlink(set, join(root, "set-link"));
    await symlink(join(root, "elsewhere.jsonl"), join(set, "split.jsonl"));
    const from = join(root, "table.csv");
    await assert.rejects(check("table-link", { from }), /the table that is read/);
    await assert.rejects(check("table.csv", { from: join(root, "table-link") }), /the table/);
    await assert.rejects(check("records-link"), /a dataset's own file/);
    await assert.rejects(check("set-link/window.jsonl"), /a dataset's own file/);
    await assert.rejects(check("set/split.jsonl"), /a dataset's own file/);
  });
});
