import assert from "node:assert/strict";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildInto } from "../../test/built-project.ts";
import { type ChildEnd, runChild } from "../../test/child-run.ts";
import { TinyRuns } from "../../test/tiny-runs.ts";

let runs: TinyRuns;
/** A run of one update, whose `config.json` names its vocabulary. */
let run: string;
before(async () => {
  runs = await TinyRuns.open();
  await buildInto(runs.root, ["cli/main.ts", "data/loader-worker.ts"]);
  run = await runs.newFolder();
  const configText = JSON.stringify({
    "run.tokenizer": { value: join(runs.data, "tokenizer.json"), from: "--tokenizer" },
  });
  await runs.run(run, { train: { accumulate: 1 } }, { configText, stopAfter: 1 });
});
after(() => runs[Symbol.asyncDispose]());

const ecamp = (words: readonly string[], preload?: string): Promise<ChildEnd> =>
  runChild(
    [join(runs.root, "dist", "cli", "main.js"), ...words],
    preload === undefined ? {} : { preload },
  );

/** Kills the process in the middle of the n-th batch's lines. */
const killInAppend = (times: number): string => `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const { open } = promises;
let left = ${times};
promises.open = async (path, flags, mode) => {
  const handle = await open(path, flags, mode);
  if (flags !== "a") return handle;
  const append = handle.appendFile.bind(handle);
  handle.appendFile = async (text) => {
    if (--left > 0) return append(text);
    await append(text.slice(0, 700));
    process.kill(process.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  };
  return handle;
};
syncBuiltinESMExports();
`;

const linesOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");

const skip = process.platform === "win32" && "Windows has no such signals";

describe("ecamp windows", { skip }, () => {
  test("ends as if it had not been killed, and the next pre-training and check see its windows", async () => {
    const data = await runs.copyData();
    const whole = join(data, "whole.jsonl");
    const words = ["windows", data, "--weights", run, "--batch", "3", "--threads", "1"];
    const alone = await ecamp([...words, "--out", whole]);
    assert.equal(alone.status, 0, alone.stderr);
    assert.match(
      alone.stdout,
      /^Made 12 windows, 0 stood already, of 12 records: ".*whole\.jsonl"$/m,
    );
    assert.match(alone.stdout, /where attention is even, 73\.5 %$/m);
    const killed = await ecamp(words, killInAppend(2));
    assert.equal(killed.signal, "SIGKILL", killed.stderr);
    const out = join(data, "window.jsonl");
    const torn = await linesOf(`${out}.partial`);
    assert.equal(torn.length, 5, "a batch of three, one of the next, and a part of another");
    assert.throws(() => JSON.parse(torn[4] ?? ""));
    const rest = await ecamp([...words, "--json"]);
    assert.equal(rest.status, 0, rest.stderr);
    const { made, kept } = JSON.parse(rest.stdout);
    assert.deepEqual([made, kept], [8, 4]);
    assert.deepEqual(await linesOf(out), await linesOf(whole));
    const again = await ecamp(words);
    assert.match(again.stdout, /^Made 0 windows, 12 stood already/);
    const check = await ecamp(["data", "check", data]);
    assert.match(check.stdout, /12 with a distilled context, 12 with a window/);
    assert.equal(check.status, 0, check.stdout);
    const next = await runs.newFolder();
    const { run: paths } = runs.configOf({ run: { data } });
    const { events } = await runs.run(next, { run: paths }, { stopAfter: 1 });
    assert.ok(events[0]?.kind === "started");
    assert.deepEqual(events[0].beside, { contexts: 8, windows: 8 });
  });

  test("leaves a file in use to who uses it, and a dataset's other files alone", async () => {
    const data = await runs.copyData();
    const words = ["windows", data, "--weights", run, "--threads", "1"];
    const lock = join(data, ".window.jsonl.lock");
    await writeFile(lock, JSON.stringify({ pid: process.pid, started: null, since: "2030-01-01" }));
    const refused = await ecamp(words);
    assert.match(refused.stderr, /has been using it since 2030/);
    const records = join(data, "records.jsonl");
    const before = await readFile(records, "utf8");
    const source = await ecamp([...words, "--out", records, "--force"]);
    assert.match(source.stderr, /Cannot write windows to ".*": it is a dataset's own file/);
    assert.equal(await readFile(records, "utf8"), before);
  });

  test("looks for the vocabulary where the run says, then in the dataset, and asks for it", async () => {
    const data = await runs.copyData();
    const model = join(run, "checkpoints", "step-000001");
    const words = ["windows", data, "--threads", "1", "--weights"];
    const own = await ecamp([...words, model]);
    assert.equal(own.status, 0, own.stderr);
    const elsewhere = join(await mkdtemp(join(runs.root, "vocabulary-")), "tokenizer.json");
    await rename(join(data, "tokenizer.json"), elsewhere);
    const none = await ecamp([...words, model, "--force"]);
    assert.equal(none.status, 1);
    assert.match(
      none.stderr,
      /Cannot read reports for ".*" without its vocabulary: there is no ".*tokenizer\.json"; give it with --tokenizer/,
    );
    const given = await ecamp([...words, model, "--tokenizer", elsewhere, "--force"]);
    assert.match(given.stdout, /^Made 12 windows/, given.stderr);
    const named = await ecamp([...words, run]);
    assert.match(named.stdout, /^Made 0 windows, 12 stood already/, named.stderr);
    await writeFile(elsewhere, `${await readFile(elsewhere, "utf8")}\n`);
    const other = await ecamp([...words, model, "--tokenizer", elsewhere]);
    assert.match(other.stderr, /was trained with another vocabulary/);
    await rm(elsewhere);
  });
});
