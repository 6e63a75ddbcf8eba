/**
 * @file Runs the tests: finds every `*.test.ts`, hands Node's runner the explicit list, and fails when there is nothing to run.
 *
 * Usage: npm run test:unit -- [PATH-PART..] [--slow] [--quiet] [--name PATTERN]
 * `--slow` adds the `*.slow.test.ts` files; `--quiet` prints failures, reasons of skips and counts only.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type EventData, run } from "node:test";
import { spec, type TestEvent } from "node:test/reporters";
import { inspect, parseArgs } from "node:util";
import { projectFiles, ROOT } from "./files.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    slow: { type: "boolean", default: false },
    quiet: { type: "boolean", default: false },
    name: { type: "string" },
  },
});

/** What happened so far. */
interface Tally {
  passed: number;
  failed: number;
  /** How many tests were skipped, by reason. */
  readonly skips: Map<string, number>;
  /** The files of which no test has been heard yet. */
  readonly silent: Set<string>;
}

const NO_REASON = "no reason given";

process.exitCode = await runTests(selectFiles());

function selectFiles(): string[] {
  return projectFiles(["src", "test", "tools", "examples"]).filter(
    (file) =>
      file.endsWith(".test.ts") &&
      (values.slow || !file.endsWith(".slow.test.ts")) &&
      (positionals.length === 0 || positionals.some((part) => file.includes(part))),
  );
}

async function runTests(files: readonly string[]): Promise<number> {
  const tally: Tally = { passed: 0, failed: 0, skips: new Map(), silent: new Set(files) };
  const reporter = new spec();
  reporter.pipe(process.stdout);
  const events = run({
    files: files.map((file) => join(ROOT, file)),
    concurrency: Math.min(4, availableParallelism()),
    ...(values.name === undefined ? {} : { testNamePatterns: [values.name] }),
  });
  for await (const event of events) {
    count(tally, event);
    if (!values.quiet) reporter.write(event);
    else if (event.type === "test:fail" && event.data.details.type !== "suite") {
      console.log(describeFailure(event.data));
    }
  }
  reporter.end();
  await new Promise((resolve) => reporter.on("end", resolve));
  return conclude(tally);
}

function count(tally: Tally, event: TestEvent): void {
  if (event.type !== "test:pass" && event.type !== "test:fail") return;
  const { file = "", name, details, skip } = event.data;
  // A file without tests reports itself, under its path, as one test that passed.
  const isFile = name === file || name.endsWith(".test.ts");
  if (!isFile) {
    for (const path of tally.silent) if (file.endsWith(path)) tally.silent.delete(path);
  }
  if (details.type === "suite") return; // counted through its tests
  if (event.type === "test:fail") tally.failed++;
  else if (skip !== undefined && skip !== false) {
    const reason = typeof skip === "string" && skip !== "" ? skip : NO_REASON;
    tally.skips.set(reason, (tally.skips.get(reason) ?? 0) + 1);
  } else if (!isFile) tally.passed++;
}

function describeFailure({ name, file = "", details }: EventData.TestFail): string {
  const { cause, message } = details.error;
  return `FAIL  ${file.replace(ROOT, "")}: ${name}\n${inspect(cause ?? message)}`;
}

/** Prints the counts and decides: a failure, a skip without a reason or a file without tests is not a success. */
function conclude({ passed, failed, skips, silent }: Tally): number {
  const problems: string[] = [];
  if (values.name === undefined) {
    problems.push(...[...silent].map((file) => `"${file}" holds no test`));
    if (skips.has(NO_REASON)) problems.push(`${skips.get(NO_REASON)} skipped without a reason`);
  }
  if (passed + failed === 0) problems.push("no test ran");
  for (const [reason, times] of skips) console.log(`skipped ${times}: ${reason}`);
  for (const problem of problems) console.log(`Cannot call this tested: ${problem}`);
  const skipped = [...skips.values()].reduce((sum, times) => sum + times, 0);
  console.log(`tests: ${passed} passed, ${failed + problems.length} failed, ${skipped} skipped`);
  return failed + problems.length > 0 ? 1 : 0;
}
