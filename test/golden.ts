/** @file Golden files: text that must stay as it is, under `test/golden`; `UPDATE_GOLDEN=1` writes it anew. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Fails unless `text` is what the golden file holds. */
export function matchGolden(name: string, text: string): void {
  const path = fileURLToPath(new URL(`golden/${name}`, import.meta.url));
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  const remedy =
    "run this test with UPDATE_GOLDEN=1 and look at the difference before committing it";
  assert.ok(existsSync(path), `Cannot find test/golden/${name}: ${remedy}`);
  assert.equal(text, readFileSync(path, "utf8"), `test/golden/${name} differs: ${remedy}`);
}
