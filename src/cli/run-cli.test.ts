import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../util/errors.ts";
import { type Command, defineCommand } from "./command.ts";
import { runCli } from "./run-cli.ts";
import { recordedTerminal } from "./terminal.ts";

function command(path: [string, ...string[]], run: Command["run"] = async () => 0): Command {
  return defineCommand({
    path,
    summary: `what ${path.join(" ")} does`,
    description: "One paragraph\nthat is filled.\n\nAnother.",
    options: {
      out: { type: "string", metavar: "DIR", default: "runs/a", help: "where results go" },
      json: { type: "boolean", help: "results as JSON on stdout" },
    },
    positionals: { name: { help: "a name", optional: true } },
    examples: [{ line: `${path.join(" ")} x`, does: "the usual" }],
    run,
  });
}

const failing = command(["break"], async () => {
  throw new ConfigError("Cannot break", { cause: new Error("the disk is full") });
});
const echoing = command(["echo"], async () => {
  throw new ConfigError("Cannot echo: the disk is full", { cause: new Error("the disk is full") });
});
const commands = [
  command(["doctor"]),
  command(["data", "check"], async () => 3),
  command(["data", "import", "table"]),
  failing,
  echoing,
];

async function call(line: string, showStacks = false) {
  const terminal = recordedTerminal({ columns: 72 });
  const status = await runCli({
    words: line.split(" ").filter((word) => word !== ""),
    commands,
    terminal,
    signal: new AbortController().signal,
    version: "1.2.3",
    showStacks,
  });
  return { status, out: terminal.outText(), err: terminal.errText() };
}

test("runCli() runs the command that its first words name and returns its status", async () => {
  assert.equal((await call("data check here")).status, 3);
  assert.equal((await call("data import table")).status, 0);
});

test("runCli() prints the help of a command", async () => {
  const { status, out, err } = await call("data check --help");
  assert.equal(status, 0);
  assert.equal(err, "");
  assert.equal(
    out,
    `Usage: ecamp data check [NAME] [OPTIONS]

One paragraph that is filled.

Another.

Arguments:
  NAME  a name

Options:
  --out DIR   where results go (default runs/a)
  --json      results as JSON on stdout
  --help, -h  show this text

Examples:
  # the usual
  ecamp data check x
`,
  );
});

test("runCli() lists the commands of a group and of the program", async () => {
  const group = await call("data --help");
  assert.equal(group.status, 0);
  assert.match(group.out, /^Usage: ecamp data COMMAND \[OPTIONS\]/);
  assert.match(group.out, / {2}check +what data check does\n {2}import table +what data import/);
  assert.doesNotMatch(group.out, /doctor/);
  const all = await call("");
  assert.equal(all.status, 0);
  assert.match(all.out, / {2}data import table +what/);
  assert.equal((await call("--help")).out, all.out);
});

test("runCli() prints the version", async () => {
  assert.deepEqual(await call("--version"), { status: 0, out: "1.2.3\n", err: "" });
});

test("runCli() exits with 2 on an unknown command and says what was meant", async () => {
  assert.deepEqual(await call("dcotor"), {
    status: 2,
    out: "",
    err: 'ecamp: Cannot run "ecamp dcotor": unknown command, did you mean doctor?\n',
  });
  assert.equal(
    (await call("data chekc x")).err,
    'ecamp: Cannot run "ecamp data chekc": unknown command, did you mean check?\n',
  );
  assert.equal(
    (await call("data")).err,
    'ecamp: Cannot run "ecamp data": it is a group of commands, expected one of check, import\n',
  );
  assert.equal((await call("data")).status, 2);
  assert.match((await call("--json doctor")).err, /a command must stand before it/);
});

test("runCli() exits with 2 on a wrong option and with 1 on an error, with its causes", async () => {
  assert.equal((await call("doctor --jsn")).status, 2);
  assert.deepEqual(await call("break"), {
    status: 1,
    out: "",
    err: "ecamp: Cannot break\n  caused by: the disk is full\n",
  });
});

test("runCli() says the words of a cause once", async () => {
  assert.equal((await call("echo")).err, "ecamp: Cannot echo: the disk is full\n");
});

test("runCli() says that a command was stopped in words of its own", async () => {
  const terminal = recordedTerminal();
  const signal = AbortSignal.abort();
  const stopping = command(["stop"], async () => signal.throwIfAborted() ?? 0);
  const call = { words: ["stop"], commands: [stopping], terminal, signal, version: "1.2.3" };
  assert.equal(await runCli(call), 1);
  assert.equal(terminal.errText(), "ecamp: Stopped before the end, as asked\n");
});

test("runCli() prints stacks only when asked", async () => {
  assert.match((await call("break", true)).err, /run-cli\.test\.ts/);
});
