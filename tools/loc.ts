/** @file Counts lines: a table by folder, then the files and functions that are longer than they should be. Lists, never fails. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFiles, ROOT } from "./files.ts";

/** What the design allows; a file beyond it is listed. */
const LONGEST_FILE = 250;

/** Lines of a text that hold code: neither blank nor comment only. */
function codeLines(text: string): number {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, "").replace(/^\s*\/\/.*$/gm, "");
  return code.split("\n").filter((line) => line.trim() !== "").length;
}

/** `src/engine`, `test`, `tools`: what a file counts under. */
function folderOf(file: string): string {
  return file.split("/").slice(0, -1).slice(0, 2).join("/");
}

interface Row {
  files: number;
  code: number;
  tests: number;
}

const rows = new Map<string, Row>();
const long: string[] = [];
for (const file of projectFiles(["src", "test", "tools", "bench", "studies", "examples"])) {
  if (!/\.(ts|mjs)$/.test(file)) continue;
  const text = readFileSync(join(ROOT, file), "utf8");
  const row = rows.get(folderOf(file)) ?? { files: 0, code: 0, tests: 0 };
  row.files++;
  if (file.endsWith(".test.ts")) row.tests += codeLines(text);
  else row.code += codeLines(text);
  rows.set(folderOf(file), row);
  const length = text.split("\n").length - 1;
  if (length > LONGEST_FILE) long.push(`${file}: ${length} lines`);
}

const total: Row = { files: 0, code: 0, tests: 0 };
console.log(
  `${"folder".padEnd(18)}${"files".padStart(7)}${"code".padStart(8)}${"tests".padStart(8)}`,
);
for (const [folder, row] of [...rows, ["in all", total] as const]) {
  const cells = [String(row.files).padStart(7), String(row.code).padStart(8)];
  console.log(`${folder.padEnd(18)}${cells.join("")}${String(row.tests).padStart(8)}`);
  total.files += row.files;
  total.code += row.code;
  total.tests += row.tests;
}
console.log(`files over ${LONGEST_FILE} lines: ${long.length}`);
for (const line of long) console.log(`  ${line}`);
const functions = longFunctions();
console.log(`functions over 40 lines: ${functions.length}`);
for (const line of functions) console.log(`  ${line}`);

/** The functions that biome finds too long (`noExcessiveLinesPerFunction`, its limit in biome.jsonc). */
function longFunctions(): string[] {
  const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const rule = "--only=complexity/noExcessiveLinesPerFunction";
  const words = ["lint", rule, "--reporter=github", "--max-diagnostics=none", "src", "tools"];
  const { stdout } = spawnSync(process.execPath, [biome, ...words], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return [...stdout.matchAll(/file=([^,]+),line=(\d+)/g)]
    .map((match) => `${(match[1] ?? "").replace(ROOT, "")}:${match[2]}`)
    .filter((place) => !place.includes(".test.ts:"));
}
