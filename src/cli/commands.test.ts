import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "./commands.ts";
import { parseLine } from "./parse.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

async function call(...words: string[]) {
  const terminal = recordedTerminal();
  const signal = new AbortController().signal;
  const status = await runCli({ words, commands: COMMANDS, terminal, signal, version: "0.0.0" });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

test("COMMANDS: a word is a command or a group, never both", () => {
  const names = COMMANDS.map(({ path }) => path.join(" "));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    assert.ok(!names.some((other) => other.startsWith(`${name} `)), `${name} is also a group`);
  }
});

test("COMMANDS: every command explains itself within 80 columns", async () => {
  for (const { path, options, positionals, summary } of COMMANDS) {
    const { status, out } = await call(...path, "--help");
    assert.equal(status, 0);
    assert.match(out, new RegExp(`^Usage: ecamp ${path.join(" ")}`));
    for (const name of Object.keys(options)) assert.match(out, new RegExp(`--(?:no-)?${name}`));
    for (const name of Object.keys(positionals)) assert.ok(out.includes(name.toUpperCase()), name);
    const prose = out.split("\n").filter((line) => !/^(?: {2}|Usage)/.test(line));
    for (const line of prose) assert.ok(line.length <= 80, line);
    assert.ok(summary.length <= 60 && !summary.endsWith("."), summary);
  }
});

test("COMMANDS: every example is a line that parses", () => {
  for (const command of COMMANDS) {
    assert.ok(command.examples.length > 0, command.path.join(" "));
    for (const { line } of command.examples) {
      const words = line.split(" ");
      assert.deepEqual(words.slice(0, command.path.length), command.path);
      assert.equal(parseLine(command, words.slice(command.path.length)).kind, "run", line);
    }
  }
});

test("ecamp recipes lists the recipes, and one of them with origins", async () => {
  const list = await call("recipes", "--json");
  const rows: { name: string; command: string }[] = JSON.parse(list.out);
  const namesOf = (wanted: string) =>
    rows.filter(({ command }) => command === wanted).map(({ name }) => name);
  assert.deepEqual(namesOf("pretrain"), ["published", "base", "small", "tiny", "demo"]);
  assert.deepEqual(namesOf("finetune classify").slice(0, 3), [
    "finetune",
    "probe",
    "chestxray14-1",
  ]);
  assert.deepEqual(namesOf("finetune segment").slice(0, 2), ["segment", "siim-1"]);
  assert.deepEqual(namesOf("finetune detect"), ["detect", "rsna-1", "rsna-10", "rsna-100"]);
  for (const [name, accumulate] of [
    ["classify/rsna-10", 24],
    ["segment/rsna-10", 8],
    ["detect/rsna-10", 8],
  ] as const) {
    const { out } = await call("recipes", name, "--json");
    assert.deepEqual(JSON.parse(out)["train.accumulate"], {
      ...{ value: accumulate, from: "recipe rsna-10" },
    });
  }
  assert.match((await call("recipes", "siim-10")).out, /^data\.negatives +"?balanced"? +recipe/m);
  assert.deepEqual(await call("recipes", "rsna-10"), {
    ...{ status: 1, out: "" },
    err: 'ecamp: Cannot show recipe "rsna-10": 3 commands have one of that name; say which: classify/rsna-10, segment/rsna-10, detect/rsna-10\n',
  });
  const one = await call("recipes", "tiny");
  assert.match(one.out, /^model\.dim +192 +recipe tiny$/m);
  assert.match(one.out, /^train\.weightDecay +0\.05 +default$/m);
  assert.deepEqual(await call("recipes", "tny"), {
    status: 1,
    out: "",
    err: 'ecamp: Cannot find recipe "tny", did you mean tiny?\n',
  });
});

test("ecamp verify refuses a folder that is no fixture", async () => {
  const { status, out, err } = await call("verify", "no/such/folder");
  assert.equal(status, 1);
  assert.equal(out, "");
  assert.match(err, /^ecamp: Cannot .*no\/such\/folder/);
});

test("ecamp pretrain --dry-run prints every value and where it comes from, and writes nothing", async () => {
  const words =
    "pretrain --dry-run --json --out no/such/run --recipe demo --seed 3 --data some/set";
  const { status, out, err } = await call(...words.split(" "));
  assert.equal(status, 0);
  assert.equal(err, "");
  interface Shown {
    readonly config: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
    readonly plan: { readonly missing: readonly string[] };
  }
  const { config: values, plan }: Shown = JSON.parse(out);
  assert.deepEqual(plan, { missing: ["--tokenizer"] });
  assert.deepEqual(values["train.seed"], { value: 3, from: "--seed" });
  assert.deepEqual(values["model.dim"], { value: 128, from: "recipe demo" });
  assert.deepEqual(values["run.data"], { value: resolve("some/set"), from: "--data" });
  assert.equal(existsSync("no/such"), false);
});

test("ecamp pretrain refuses what it does not know or find before it writes anything", async () => {
  const refused = await call(
    ...["pretrain", "--out", "no/such/run", "--set", "fidelity.report.split=word"],
  );
  assert.equal(refused.status, 1);
  assert.match(refused.err, /fidelity\.report\.split/);
  const blind = await call("pretrain", "--out", "no/such/run");
  assert.match(blind.err, /Cannot pre-train without a dataset folder: give it with --data\n$/);
  const resumed = await call("pretrain", "--out", "no/such/run", "--resume");
  assert.equal(resumed.status, 1);
  assert.match(resumed.err, /^ecamp: Cannot .*no\/such\/run/);
  assert.equal(existsSync("no/such"), false);
});

test("main.ts connects the command line to the process", () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const run = (...words: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", main, ...words], { encoding: "utf8" });
  const version = run("--version");
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(version.status, 0);
  const wrong = run("recipies");
  assert.equal(wrong.status, 2);
  assert.equal(wrong.stdout, "");
  assert.match(wrong.stderr, /did you mean recipes\?\n$/);
});
