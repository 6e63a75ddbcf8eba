/**
 * @file Starts a task of the project from a bare clone: `node tools/setup.mjs demo|ok`. Imports built-ins only, installs what is
 * missing with `npm ci`, then runs the task.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 20;
const TASKS = { demo: "tools/demo.ts", ok: "tools/ok.ts" };
const root = fileURLToPath(new URL("..", import.meta.url));

process.exitCode = main(process.argv[2] ?? "", process.argv.slice(3));

function main(task, words) {
  if (!Object.hasOwn(TASKS, task)) {
    console.error(`Cannot start "${task}": expected one of ${Object.keys(TASKS).join(", ")}`);
    return 2;
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE) {
    console.error(
      `Cannot start with Node ${process.versions.node}: version ${OLDEST_NODE} or newer is needed, see https://nodejs.org`,
    );
    return 1;
  }
  const missing = whatIsMissing();
  if (missing !== undefined) {
    console.error(`Installing dependencies (${missing}); this is done once`);
    const status = npm(["ci", "--no-audit", "--no-fund"]);
    if (status !== 0) {
      console.error(`Cannot install the dependencies: "npm ci" ended with status ${status}`);
      return 1;
    }
  }
  return spawn(process.execPath, ["--import", "tsx", TASKS[task], ...words]);
}

/** Why node_modules does not serve, or undefined when it holds what package-lock.json asks for. */
function whatIsMissing() {
  const wanted = readJson("package-lock.json").packages;
  const installed = readJson("node_modules/.package-lock.json", { packages: {} }).packages;
  if (Object.keys(installed).length === 0) return "node_modules is missing";
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === "" || version === undefined) continue;
    const found = installed[path]?.version;
    // Packages for other platforms are optional and rightly absent.
    if (found === undefined && optional) continue;
    if (found !== version) return `${path} is ${found ?? "missing"}, expected ${version}`;
  }
  return undefined;
}

function readJson(file, fallback) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8"));
  } catch (error) {
    if (fallback !== undefined && error.code === "ENOENT") return fallback;
    throw error;
  }
}

/** Runs npm: the one that runs us when there is one, so that no shell is needed. */
function npm(words) {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return spawn(process.execPath, [script, ...words]);
  const windows = process.platform === "win32";
  return spawn(windows ? "npm.cmd" : "npm", words, { shell: windows });
}

function spawn(program, words, options = {}) {
  const { status, signal, error } = spawnSync(program, words, {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  if (error !== undefined) {
    console.error(`Cannot run ${program}: ${error.message}`);
    return 1;
  }
  return status ?? (signal === "SIGINT" ? 130 : 1);
}
