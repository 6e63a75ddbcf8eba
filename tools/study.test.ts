import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { RandomStream } from "../src/util/random.ts";
import { roughReport } from "../studies/context/rough-report.ts";
import { study as context } from "../studies/context.ts";
import { study as fidelity } from "../studies/fidelity.ts";
import { describePlan, planStudy } from "../studies/harness/plan.ts";
import { studyReport, summarize } from "../studies/harness/report.ts";
import { type Row, RowFile, readRows, rowKey } from "../studies/harness/rows.ts";
import { runStudy, type StudyEnd, type StudyRun } from "../studies/harness/run-study.ts";
import { type Cell, type Outcome, requireSound, type Study } from "../studies/harness/study.ts";
import { ROOT } from "./files.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "study-"));
});
after(() => rm(root, { recursive: true, force: true }));

const CELLS: readonly Cell[] = [
  { name: "plain", settings: { gain: 1 } },
  { name: "double", settings: { gain: 2 } },
];

/** Measures gain × seed; `during` sees every run before it ends. */
function toyStudy(during: (cell: Cell, seed: number) => unknown = () => undefined): Study {
  return {
    about: "a toy",
    cells: CELLS,
    reference: "plain",
    seeds: 3,
    minutesPerRun: 2,
    tables: [{ title: "Scores", measures: ["score"], digits: 2 }],
    async run(cell, seed): Promise<Outcome> {
      await during(cell, seed);
      return { measures: { score: Number(cell.settings["gain"]) * seed } };
    },
  };
}

interface Ran {
  readonly end: StudyEnd;
  readonly lines: readonly string[];
}

/** Opens the rows, runs, closes them. */
async function run(folder: string, study: Study, options: Partial<StudyRun> = {}): Promise<Ran> {
  const lines: string[] = [];
  let minutes = 0;
  await using rows = await RowFile.open(join(folder, "rows.jsonl"));
  const end = await runStudy({
    study,
    rows,
    work: join(folder, "work"),
    origin: { commit: "abc1234", machine: "a test" },
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
    onProgress: () => undefined,
    now: () => new Date(60_000 * minutes++), // every look at the clock is a minute later
    ...options,
  });
  return { end, lines };
}

const rowsOf = (folder: string): Promise<readonly Row[]> => readRows(join(folder, "rows.jsonl"));
const newFolder = (): Promise<string> => mkdtemp(join(root, "case-"));
const placesOf = (rows: readonly Row[]): string[] =>
  rows.map(({ cell, seed }) => `${cell} ${seed}`);

describe("runStudy()", () => {
  test("does every cell with the first seed before any with the second, and keeps a row of each", async () => {
    const folder = await newFolder();
    const { end, lines } = await run(folder, toyStudy());
    assert.deepEqual(end, { done: 6, failed: 0 });
    const rows = await rowsOf(folder);
    const order = ["plain 1", "double 1", "plain 2", "double 2", "plain 3", "double 3"];
    assert.deepEqual(placesOf(rows), order);
    assert.deepEqual(rows[3]?.measures, { score: 4 });
    assert.deepEqual(rows[3]?.settings, { gain: 2 });
    assert.equal(rows[3]?.commit, "abc1234");
    assert.match(lines[0] ?? "", /^1\/6 plain, seed 1: \d+\.\d min, score 1\.00; about .* left$/);
    assert.match(lines[5] ?? "", /^6\/6 double, seed 3: [^;]*$/);
  });

  test("goes on where it was stopped, and does nothing when all is done", async () => {
    const folder = await newFolder();
    const controller = new AbortController();
    const stopping = toyStudy((cell, seed) => {
      if (cell.name === "double" && seed === 2) controller.abort(new RangeError("enough"));
    });
    await assert.rejects(run(folder, stopping, { signal: controller.signal }), {
      message: "enough",
    });
    assert.equal((await rowsOf(folder)).length, 3, "the run that was interrupted left a row");
    const done: string[] = [];
    const rest = toyStudy((cell, seed) => done.push(`${cell.name} ${seed}`));
    await run(folder, rest);
    assert.deepEqual(done, ["double 2", "plain 3", "double 3"]);
    assert.deepEqual((await run(folder, rest)).end, { done: 0, failed: 0 });
    assert.equal((await rowsOf(folder)).length, 6);
  });

  test("cuts a torn last line off and does that run again", async () => {
    const folder = await newFolder();
    const file = join(folder, "rows.jsonl");
    await run(folder, toyStudy());
    const whole = await readFile(file, "utf8");
    for (const cut of [1, 40, 150]) {
      await writeFile(file, whole.slice(0, -cut));
      const { end } = await run(folder, toyStudy());
      assert.equal(end.done, 1);
      const rows = await rowsOf(folder);
      assert.deepEqual([rows.length, rows.at(-1)?.measures], [6, { score: 6 }]);
    }
  });

  test("records what fails, goes on, and tries it again at the next start", async () => {
    const folder = await newFolder();
    let broken = true;
    const study = toyStudy((cell, seed) => {
      if (broken && cell.name === "plain" && seed === 2) throw new RangeError("no film");
    });
    const { end, lines } = await run(folder, study);
    assert.deepEqual(end, { done: 6, failed: 1 });
    assert.match(lines[2] ?? "", /^3\/6 plain, seed 2: failed after .* min: no film; about/);
    const rows = await rowsOf(folder);
    assert.equal(rows.length, 6);
    assert.deepEqual([rows[2]?.error, rows[2]?.measures], ["no film", undefined]);
    assert.match(studyReport("toy", study, rows), /- 1 runs failed and are tried again/);
    broken = false;
    assert.equal((await run(folder, study)).end.done, 1);
    const report = studyReport("toy", study, await rowsOf(folder));
    assert.doesNotMatch(report, /failed/);
    assert.match(report, /\| plain \| 2\.00 ± 1\.00 \(3\) \|/);
  });

  test("stops at the first failure when it is strict, its row kept", async () => {
    const folder = await newFolder();
    const study = toyStudy((cell) => {
      if (cell.name === "double") throw new RangeError("no film");
    });
    await assert.rejects(run(folder, study, { strict: true }), new RangeError("no film"));
    assert.deepEqual(
      (await rowsOf(folder)).map(({ error }) => error),
      [undefined, "no film"],
    );
  });

  test("gives up a run that takes too long, and goes on with the next", async () => {
    const folder = await newFolder();
    const study: Study = {
      ...toyStudy(),
      seeds: 1,
      run: (cell, seed, { signal }) =>
        new Promise((resolve, reject) => {
          if (cell.name === "double") resolve({ measures: { score: seed } });
          else signal.addEventListener("abort", () => reject(signal.reason));
          // Timers of signals do not keep a process alive; a run's own work does.
          setTimeout(() => undefined, 200);
        }),
    };
    const { end } = await run(folder, study, { mostMinutes: 0.001 });
    assert.deepEqual(end, { done: 2, failed: 1 });
    const [slow, quick] = await rowsOf(folder);
    assert.equal(slow?.error, "it took longer than 0.001 minutes");
    assert.deepEqual(quick?.measures, { score: 1 });
  });

  test("refuses a measure that is no finite number", async () => {
    const folder = await newFolder();
    const run1 = async (): Promise<Outcome> => ({ measures: { score: Number.NaN } });
    const { end } = await run(folder, { ...toyStudy(), run: run1 });
    assert.equal(end.failed, 6);
    const [row] = await rowsOf(folder);
    assert.equal(
      row?.error,
      'Cannot keep the measure "score": it is NaN, expected a finite number',
    );
  });

  test("gives every run an empty folder that does not stay, and all of them one that does", async () => {
    const folder = await newFolder();
    const study: Study = {
      ...toyStudy(),
      async run(_cell, _seed, context): Promise<Outcome> {
        assert.deepEqual(await readdir(context.folder), []);
        await writeFile(join(context.folder, "mine"), "");
        await appendFile(join(context.cache, "ours"), "x");
        return { measures: { score: (await readFile(join(context.cache, "ours"))).length } };
      },
    };
    await run(folder, study);
    assert.deepEqual((await rowsOf(folder)).at(-1)?.measures, { score: 6 });
    assert.deepEqual(await readdir(join(folder, "work", "runs")), []);
  });

  test("leaves to another process what that has done meanwhile, and reports it", async () => {
    const folder = await newFolder();
    const others = await newFolder();
    await run(others, toyStudy());
    const line = (await readFile(join(others, "rows.jsonl"), "utf8")).split("\n")[3];
    const study = toyStudy(async (cell, seed) => {
      if (cell.name !== "plain" || seed !== 2) return;
      await appendFile(join(folder, "rows.jsonl"), `${line}\n`); // double 2
    });
    assert.deepEqual((await run(folder, study)).end, { done: 5, failed: 0 });
    const done = placesOf(await rowsOf(folder));
    assert.deepEqual(done.toSorted(), [...new Set(done)].toSorted());
    assert.equal(done.length, 6);
  });

  test("does only the cells and seeds that are wanted", async () => {
    const folder = await newFolder();
    await run(folder, toyStudy(), { only: ["double"], seeds: 2 });
    assert.deepEqual(placesOf(await rowsOf(folder)), ["double 1", "double 2"]);
  });
});

describe("readRows()", () => {
  test("names a line in the middle that is no row", async () => {
    const folder = await newFolder();
    await run(folder, toyStudy());
    const file = join(folder, "rows.jsonl");
    const lines = (await readFile(file, "utf8")).split("\n");
    await writeFile(file, [lines[0], "{}", ...lines.slice(2)].join("\n"));
    const expected = /rows\.jsonl" line 2: it is no row \(cell: .*\); mend or delete that line$/;
    await assert.rejects(readRows(file), { name: "ManifestError", message: expected });
    await assert.rejects(RowFile.open(file), { name: "ManifestError" });
    await writeFile(file, [lines[0], '{"cell": ', ...lines.slice(2)].join("\n"));
    await assert.rejects(readRows(file), /line 2: it is no row \(not JSON: /);
  });

  test("finds no rows where there is no file", async () => {
    assert.deepEqual(await readRows(join(root, "absent.jsonl")), []);
  });
});

describe("rowKey()", () => {
  test("is of the settings' values, not of their order", () => {
    const key = (settings: Cell["settings"], seed = 1): string =>
      rowKey({ name: "a", settings }, seed);
    assert.equal(key({ b: { d: 1, c: [1, 2] }, a: 2 }), key({ a: 2, b: { c: [1, 2], d: 1 } }));
    const others = [
      key({ a: 2 }),
      key({ a: 3 }),
      key({ a: "2" }),
      key({ a: [2, 1] }),
      key({ a: [1, 2] }),
    ];
    const seeds = [key({ a: 2 }, 2), rowKey({ name: "b", settings: { a: 2 } }, 1)];
    assert.equal(new Set([...others, ...seeds]).size, 7);
  });
});

describe("planStudy()", () => {
  test("counts the study's own minutes before anything is measured, then those of the rows", async () => {
    const study = toyStudy();
    const plan = planStudy(study, []);
    assert.deepEqual([plan.open.length, plan.minutes, plan.basis], [6, 12, "estimated"]);
    const text = describePlan("toy", study, plan);
    assert.match(text, /^toy: a toy\n {2}plain {3}to do: seed 1, 2, 3\n/);
    assert.match(text, /6 runs, 6 to do, about 12 min \(2 min each\)$/);
    const row = (cell: Cell, minutes: number): Row => ({
      ...{ cell: cell.name, seed: 1, key: rowKey(cell, 1), measures: {}, minutes },
      ...{ time: "", commit: "", machine: "", settings: cell.settings },
    });
    const [plain, double] = CELLS;
    assert.ok(plain !== undefined && double !== undefined);
    assert.equal(planStudy(study, [row(plain, 1)]).minutes, 8);
    assert.equal(planStudy(study, [row(plain, 1), row(double, 40)]).minutes, 82);
    const done = describePlan("toy", study, planStudy(study, [row(plain, 1), row(double, 40)]));
    assert.match(done, /4 to do, about 1 h 22 min \(by the runs so far, else 2 min each\)$/);
    // The same cell with other settings is another run, and says nothing of the time.
    const other = row({ name: "plain", settings: { gain: 9 } }, 1);
    assert.deepEqual(planStudy(study, [other]).basis, "estimated");
  });
});

describe("studyReport()", () => {
  test("sums up over seeds and compares runs of the same seed", async () => {
    const folder = await newFolder();
    await run(folder, toyStudy());
    const report = studyReport("toy", toyStudy(), await rowsOf(folder));
    assert.match(report, /^# toy: a toy\n\n## Scores\n\n\| cell \| score \|\n\| --- \| --- \|\n/);
    assert.match(report, /\| plain \| 2\.00 ± 1\.00 \(3\) \|/);
    // Differences 1, 2, 3: at 95 % the mean of three draws reaches from the least to the greatest.
    assert.match(report, /\| double \| 4\.00 ± 2\.00 \(3\); \+2\.00 \[\+1\.00, \+3\.00\] \|/);
  });

  test("leaves out rows of other settings, and says what the rows do not share", async () => {
    const folder = await newFolder();
    await run(folder, toyStudy());
    const rows = await rowsOf(folder);
    const [plain, double] = CELLS;
    assert.ok(plain !== undefined && double !== undefined);
    const changed = { ...toyStudy(), cells: [plain, { ...double, settings: { gain: 3 } }] };
    const report = studyReport("toy", changed, rows);
    assert.match(report, /\| double \| {2}\|/);
    assert.match(report, /- 3 rows of other settings or cells are left out/);
    const mixed = rows.map((row, i) => ({ ...row, facts: { films: i < 2 ? "one" : "two" } }));
    const found = studyReport("toy", toyStudy(), mixed);
    assert.match(found, /- the rows have more than one films: one; two/);
  });

  test("compares a cell with its own counterpart where it names one", async () => {
    const folder = await newFolder();
    const { reference: _, ...rest } = toyStudy();
    const [plain, double] = CELLS;
    assert.ok(plain !== undefined && double !== undefined);
    const triple: Cell = { name: "triple", settings: { gain: 3 } };
    const study = { ...rest, cells: [plain, { ...double, against: "triple" }, triple] };
    await run(folder, study);
    const report = studyReport("toy", study, await rowsOf(folder));
    assert.match(report, /^\| plain \| 2\.00 ± 1\.00 \(3\) \|$/m);
    assert.match(report, /^\| double \| 4\.00 ± 2\.00 \(3\); −2\.00 \[/m);
    assert.match(report, /the difference to each one's counterpart \(triple\), paired by seed/);
  });

  test("says nothing of a spread that one seed does not show", () => {
    const one = summarize(new Map([[1, 5]]), new Map([[1, 7]]));
    assert.deepEqual(one, {
      ...{ seeds: 1, mean: 5, deviation: undefined },
      difference: { seeds: 1, mean: -2, interval: undefined },
    });
    assert.equal(summarize(new Map(), undefined), undefined);
    const apart = summarize(new Map([[1, 5]]), new Map([[2, 7]]));
    assert.equal(apart?.difference, undefined);
  });
});

describe("requireSound()", () => {
  test("refuses what cannot be run", () => {
    const refused = (change: Partial<Study>, expected: RegExp): void =>
      assert.throws(() => requireSound("toy", { ...toyStudy(), ...change }), expected);
    requireSound("toy", toyStudy());
    refused({ cells: [...CELLS, ...CELLS] }, /two cells are called "plain"$/);
    refused({ reference: "x" }, /its reference "x" is none of its cells$/);
    const lost = CELLS.map((cell) => ({ ...cell, against: "y" }));
    refused({ cells: lost }, /its reference "y" is none of its cells$/);
    refused({ minutesPerRun: 11 }, /a run is to take 11 minutes, expected at most 10$/);
    refused({ seeds: 0 }, /it has 0 seeds/);
  });
});

describe("the studies of pre-training", () => {
  const cellsOf = { fidelity, context };

  test("are sound, and every cell but the floors has other settings", () => {
    for (const [name, study] of Object.entries(cellsOf)) {
      requireSound(name, study);
      const keys = study.cells.map(({ settings }) => rowKey({ name: "same", settings }, 1));
      assert.equal(new Set(keys).size, keys.length, name);
    }
    const names = Object.values(cellsOf).flatMap(({ cells }) => cells.map(({ name }) => name));
    for (const name of [
      ...["published", "corrected", "flip = none", "untrained", "pixels"],
      ...["phantoms, corrected", "phantoms, no context", "covid_notes, windows by attention"],
    ]) {
      assert.ok(names.includes(name), name);
    }
  });

  test("hold no path, seed or device: a row counts on any machine", () => {
    for (const { cells } of Object.values(cellsOf)) {
      const text = JSON.stringify(cells);
      assert.doesNotMatch(text, /"(?:run|threads|device|tokenizer|lexicon)":/);
      assert.ok(!text.includes(ROOT) && !text.includes(tmpdir()));
    }
  });
});

describe("roughReport()", () => {
  const report =
    "The heart is enlarged. There is no pleural effusion. The lungs are clear. No pneumothorax.";
  const rough = (share: number, seed = 1): string =>
    roughReport(
      report,
      { lostSentences: share, maskedWords: share, misspeltWords: share },
      new RandomStream({ seed, name: "test" }),
    );

  test("leaves a report as it is where nothing is to suffer", () => {
    assert.equal(rough(0), report);
  });

  test("loses sentences, never all, masks words and swaps letters of others", () => {
    const drawn = Array.from({ length: 200 }, (_, seed) => rough(0.3, seed));
    assert.ok(drawn.every((text) => text.length > 0 && text.length <= report.length));
    assert.ok(drawn.some((text) => !text.includes("heart") && !text.includes("haert")));
    assert.ok(drawn.some((text) => text.includes("XXXX")));
    assert.ok(drawn.some((text) => text.includes("lnugs")));
    assert.ok(rough(1).includes("XXXX"));
    assert.equal(rough(0.3, 7), rough(0.3, 7));
  });
});

describe("tools/study.ts", () => {
  const tool = (...words: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "tools/study.ts", ...words], {
      cwd: ROOT,
      encoding: "utf8",
    });

  test("lists the studies, and names them to who asks for another", () => {
    assert.match(tool().stdout, /^fidelity {2,}The published method/m);
    const { status, stderr } = tool("fidelty");
    assert.equal(status, 2);
    assert.match(stderr, /^Cannot run study "fidelty": there is none, did you mean fidelity\?$/m);
  });

  test("refuses a cell, a number of seeds or an option that there is not", () => {
    const cell = tool("fidelity", "--only", "flip = non", "--dry-run");
    assert.equal(cell.status, 2);
    assert.match(cell.stderr, /^Cannot run cell "flip = non": .*did you mean flip = none\?$/m);
    assert.equal(tool("fidelity", "--seeds", "0").status, 2);
    assert.equal(tool("fidelity", "--dry").status, 2);
  });

  test("prints a plan without running it", () => {
    const { status, stdout } = tool("fidelity", "--dry-run", "--only", "pixels", "--seeds", "7");
    assert.equal(status, 0);
    assert.match(stdout, /^7 runs, /m);
  });
});
