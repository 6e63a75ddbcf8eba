/** @file `npm run bench -- NAME [OPTIONS]`: runs one of bench/; without a name it lists them with their first lines. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { projectFiles, ROOT } from "./files.ts";

const [name, ...options] = process.argv.slice(2);
const benchmarks = projectFiles(["bench"]).filter((file) => /^bench\/[^/]+\.ts$/.test(file));

if (name === undefined) {
  for (const file of benchmarks) {
    const about = /@file ([^\n]+)/.exec(readFileSync(join(ROOT, file), "utf8"))?.[1] ?? "";
    console.log(`${basename(file, ".ts").padEnd(10)}${about.replace(" */", "")}`);
  }
} else if (benchmarks.includes(`bench/${name}.ts`)) {
  const words = ["--import", "tsx", join("bench", `${name}.ts`), ...options];
  process.exitCode =
    spawnSync(process.execPath, words, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
} else {
  const names = benchmarks.map((file) => basename(file, ".ts"));
  console.error(`Cannot run benchmark "${name}": expected one of ${names.join(", ")}`);
  process.exitCode = 2;
}
