import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runChild } from "../../test/child-run.ts";

const TSX = import.meta.resolve("tsx");
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** A module by which the process kills itself when it has written so many pieces to a file of this name. */
const killAtWrite = (name: string, times: number): string => `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const { open } = promises;
let left = ${times};
promises.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (!String(path).endsWith(${JSON.stringify(name)})) return handle;
  const append = handle.appendFile.bind(handle);
  handle.appendFile = async (data) => {
    if (--left > 0) return append(data);
    await append(data.subarray(0, data.length >> 1)); // half a line, as of a power cut
    process.kill(process.pid, "SIGKILL");
  };
  return handle;
};
syncBuiltinESMExports();
`;

describe("ecamp distill run", {
  skip: process.platform === "win32" && "Windows has no such signals",
}, () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "ecamp-killed-distill-"));
  });
  after(() => rm(root, { recursive: true }));

  test("killed in the middle of a line, it loses that line and no other", async () => {
    const [table, out] = [join(root, "reports.jsonl"), join(root, "context.jsonl")];
    const rows = Array.from({ length: 30 }, (_, i) => ({
      id: `r${i}`,
      report: `No edema. Nodule of ${i} mm.`,
    }));
    await writeFile(table, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const words = [MAIN, "distill", "run", "--from", table, "--out", out, "--json"] as const;
    const preload = `import ${JSON.stringify(TSX)};${killAtWrite("context.jsonl.partial", 11)}`;
    const killed = await runChild(words, { preload });
    assert.equal(killed.signal, "SIGKILL", killed.stderr);
    assert.deepEqual((await readdir(root)).includes("context.jsonl"), false);
    const again = await runChild(words, { preload: `import ${JSON.stringify(TSX)};` });
    assert.equal(again.status, 0, again.stderr);
    const { kept, distilled }: { kept: number; distilled: number } = JSON.parse(again.stdout);
    assert.deepEqual([kept, distilled], [10, 20]);
    const lines = (await readFile(out, "utf8")).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).id),
      rows.map(({ id }) => id),
    );
    assert.deepEqual((await readdir(root)).toSorted(), ["context.jsonl", "reports.jsonl"]);
  });
});
