/**
 * @file `npm run study -- NAME [OPTIONS]`: runs one of studies/, or goes on with it; without a name it lists them.
 *
 * --report        only print the tables, from the rows there are
 * --dry-run       only print the plan and its time
 * --only CELL     this cell; may be given several times
 * --seeds N       seeds 1 to N instead of the study's own number
 * --strict        stop at the first run that fails
 * --work DIR      what the runs write and share (default: a folder of the system's temporary ones)
 * Rows are appended to studies/results/NAME.jsonl.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { describeError, UsageError } from "../src/util/errors.ts";
import { suggestion } from "../src/util/suggest.ts";
import { describePlan, planStudy, type Wanted } from "../studies/harness/plan.ts";
import { studyReport } from "../studies/harness/report.ts";
import { RowFile, readRows } from "../studies/harness/rows.ts";
import { runStudy } from "../studies/harness/run-study.ts";
import { requireSound, type Study } from "../studies/harness/study.ts";
import { projectFiles, ROOT } from "./files.ts";

const OPTIONS = {
  report: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  only: { type: "string", multiple: true },
  seeds: { type: "string" },
  strict: { type: "boolean", default: false },
  work: { type: "string" },
} as const;

const STUDIES = projectFiles(["studies"])
  .filter((file) => /^studies\/[^/]+\.ts$/.test(file))
  .map((file) => basename(file, ".ts"));

try {
  process.exitCode = await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseWords();
  const [name] = positionals;
  if (name === undefined) {
    for (const study of STUDIES) console.log(`${study.padEnd(12)}${aboutOf(study)}`);
    return 0;
  }
  const study = await loadStudy(name);
  const wanted = wantedOf(study, values);
  const file = join(ROOT, "studies", "results", `${name}.jsonl`);
  if (values.report) {
    console.log(studyReport(name, study, await readRows(file)));
    return 0;
  }
  if (values["dry-run"]) {
    console.log(describePlan(name, study, planStudy(study, await readRows(file), wanted)));
    return 0;
  }
  await using rows = await RowFile.open(file);
  console.error(describePlan(name, study, planStudy(study, rows.rows, wanted)));
  const interrupt = interruption();
  const display = statusLine();
  const { failed } = await runStudy({
    ...wanted,
    ...{ study, rows, strict: values.strict },
    work: resolve(values.work ?? join(tmpdir(), `ecamp-study-${name}`)),
    origin: { commit: commit(), machine: machine() },
    signal: interrupt,
    onLine: display.line,
    onProgress: display.status,
    now: () => new Date(),
  }).finally(display.clear);
  console.log(studyReport(name, study, rows.rows));
  return failed > 0 ? 1 : 0;
}

function parseWords() {
  try {
    return parseArgs({ allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UsageError(describeError(error), { cause: error });
  }
}

/** The study's first line. */
function aboutOf(name: string): string {
  const text = readFileSync(join(ROOT, "studies", `${name}.ts`), "utf8");
  return (/@file ([^\n]+)/.exec(text)?.[1] ?? "").replace(" */", "");
}

async function loadStudy(name: string): Promise<Study> {
  const file = join(ROOT, "studies", `${name}.ts`);
  if (!STUDIES.includes(name) || !existsSync(file)) {
    throw new UsageError(`Cannot run study "${name}": there is none${suggestion(name, STUDIES)}`);
  }
  const loaded: { readonly study?: Study } = await import(pathToFileURL(file).href);
  if (loaded.study === undefined) {
    throw new UsageError(`Cannot run study "${name}": "${file}" exports no "study"`);
  }
  requireSound(name, loaded.study);
  return loaded.study;
}

function wantedOf(
  { cells }: Study,
  { only, seeds }: { readonly only?: string[] | undefined; readonly seeds?: string | undefined },
): Wanted {
  const names = cells.map(({ name }) => name);
  for (const name of only ?? []) {
    if (names.includes(name)) continue;
    throw new UsageError(
      `Cannot run cell "${name}": the study has none of that name${suggestion(name, names)}`,
    );
  }
  if (seeds !== undefined && !/^[1-9]\d{0,3}$/.test(seeds)) {
    throw new UsageError(`Cannot run --seeds ${seeds}: a whole number from 1 expected`);
  }
  return { only, seeds: seeds === undefined ? undefined : Number(seeds) };
}

/** Aborts on the first SIGINT or SIGTERM; the second ends the process as it would without us. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () =>
      controller.abort(new Error("Stopped; start the study again to go on with it")),
    );
  }
  return controller.signal;
}

/** Lines that stay, and on a terminal one below them that changes. */
function statusLine(): {
  readonly line: (text: string) => void;
  readonly status: (text: string) => void;
  readonly clear: () => void;
} {
  const { stderr } = process;
  const clear = (): void => void (stderr.isTTY && stderr.write("\r\x1b[2K"));
  return {
    clear,
    line: (text) => {
      clear();
      stderr.write(`${text}\n`);
    },
    status: (text) => {
      if (!stderr.isTTY) return;
      clear();
      stderr.write(text.slice(0, stderr.columns - 1));
    },
  };
}

/** The commit that is checked out, with a `+` when tracked files differ from it. */
function commit(): string {
  const git = (...words: string[]): string =>
    execFileSync("git", words, {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  try {
    const changed =
      git(
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        ":!studies/results",
      ).trim() !== "";
    return `${git("rev-parse", "--short", "HEAD").trim()}${changed ? "+" : ""}`;
  } catch {
    return "unknown"; // not a clone
  }
}

function machine(): string {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model.trim() ?? process.arch}, Node ${process.version}`;
}
