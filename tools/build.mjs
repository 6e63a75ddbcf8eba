/**
 * @file Builds dist/ from src/. Runs as npm's `prepare`, so it imports built-ins only and does nothing, successfully, where the
 * compiler was left out (`npm ci --omit=dev`).
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = join(root, "dist", "cli", "main.js");

process.exitCode = build();

function build() {
  const compiler = findCompiler();
  if (compiler === undefined) {
    console.error("dist/ is not built: TypeScript is a development dependency and not installed");
    return 0;
  }
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const { status, error } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (error !== undefined) throw error;
  if (status === 0 && existsSync(program)) chmodSync(program, 0o755);
  return status ?? 1;
}

/** TypeScript's compiler, a script that Node can run; undefined when it is not installed. */
function findCompiler() {
  try {
    const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
    const script = join(dirname(manifest), "bin", "tsc");
    return existsSync(script) ? script : undefined;
  } catch {
    return undefined;
  }
}
