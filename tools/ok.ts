/**
 * @file The one gate: format and lint, types, build, tests (architecture among them), examples, links of the documents, lines.
 * Every step runs, whatever the others did; the last line is `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { projectFiles, ROOT } from "./files.ts";

interface Step {
  readonly name: string;
  readonly words: readonly string[];
  /** Show what it prints even when it passes. */
  readonly shows?: boolean;
}

const TSX = ["--import", "tsx"];
const BIOME = join("node_modules", "@biomejs", "biome", "bin", "biome");
const TSC = join("node_modules", "typescript", "bin", "tsc");

const steps: readonly Step[] = [
  {
    name: "format and lint",
    words: [BIOME, "ci", "--error-on-warnings", "--diagnostic-level=warn", "--colors=off", "."],
  },
  { name: "types", words: [TSC, "--noEmit", "-p", "."] },
  { name: "build", words: ["tools/build.mjs"] },
  { name: "program", words: ["dist/cli/main.js", "--help"] },
  { name: "tests", words: [...TSX, "tools/test.ts", "--quiet"], shows: true },
  ...projectFiles(["examples"])
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ name: file, words: [...TSX, file] })),
  { name: "links", words: [...TSX, "tools/links.ts"] },
  { name: "lines", words: [...TSX, "tools/loc.ts"], shows: true },
];

const failed = steps.filter((step) => !passes(step));
if (failed.length > 0) console.log(`failed: ${failed.map(({ name }) => name).join(", ")}`);
console.log(`gate: ${steps.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

function passes({ name, words, shows }: Step): boolean {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const good = status === 0;
  console.log(`${good ? "pass" : "FAIL"}  ${name} (${seconds} s)`);
  if (shows || !good) {
    const text = `${stdout ?? ""}${good ? "" : (stderr ?? "")}`.trimEnd();
    if (text !== "") console.log(text.replace(/^/gm, "      "));
  }
  return good;
}
