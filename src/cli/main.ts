#!/usr/bin/env node
/** @file The `ecamp` program: connects the command line to this process. */
import { readFileSync } from "node:fs";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run-cli.ts";
import { watchSignals } from "./signals.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal({
  noColor: process.env["NO_COLOR"],
  term: process.env["TERM"],
});
const interruption = watchSignals({
  source: process,
  exit: (status) => process.exit(status),
  say: terminal.err,
});
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has left, as in `ecamp recipes | head -1`.
  if (error.code === "EPIPE") return interruption.readerLeft();
  terminal.err(`ecamp: Cannot write to standard output: ${error.message}\n`);
  process.exit(1);
});
// What is said while a model trains may be lost, as in `ecamp pretrain … 2>&1 | head`; the training may not.
process.stderr.on("error", () => undefined);

const status = await runCli({
  words: process.argv.slice(2),
  commands: COMMANDS,
  terminal,
  signal: interruption.signal,
  version: readVersion(),
  showStacks: process.env["ECAMP_DEBUG"] === "1",
  onCommand: ({ stopsGracefully }) => {
    if (stopsGracefully) interruption.stopGracefully();
  },
});
process.exitCode = interruption.status() ?? status;

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const manifest: { version: string } = JSON.parse(text);
  return manifest.version;
}
