/** @file From a command line to an exit status: finds the command, parses, runs, and says what went wrong. */
import { UsageError } from "../util/errors.ts";
import { suggestion } from "../util/suggest.ts";
import type { Command } from "./command.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { parseLine } from "./parse.ts";
import type { CommandContext } from "./terminal.ts";

/** What `ecamp` is called with. */
export interface CliCall extends CommandContext {
  /** The words after `ecamp`. */
  readonly words: readonly string[];
  readonly commands: readonly Command[];
  /** Print stacks of errors (`ECAMP_DEBUG=1`)? */
  readonly showStacks?: boolean;
  /** Told which command is about to run, before it does. */
  readonly onCommand?: (command: Command) => void;
}

const INTRO = `Entity-centred, context-aware medical vision-language pre-training: learns from radiographs and their reports,
by masked images, masked reports and super-resolution at once. Start with "ecamp doctor", then "ecamp data synth".`;

/**
 * Runs one command line.
 * @returns the exit status: 0, what the command said, 1 after an error, 2 when the line itself was wrong
 */
export async function runCli(call: CliCall): Promise<number> {
  try {
    return await dispatch(call);
  } catch (error) {
    if (call.signal.aborted && error === call.signal.reason) {
      call.terminal.err("ecamp: Stopped before the end, as asked\n");
      return 1;
    }
    call.terminal.err(describeFailure(error, call.showStacks ?? false));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(call: CliCall): Promise<number> {
  const { words, commands, terminal, signal, version } = call;
  const split = words.findIndex((word) => word.startsWith("-"));
  const names = split === -1 ? words : words.slice(0, split);
  const command = commands.find(({ path }) => path.every((word, i) => names[i] === word));
  if (command === undefined) return showGroup(call, names);
  const line = parseLine(command, words.slice(command.path.length));
  if (line.kind === "help") {
    terminal.out(commandHelp(command, terminal.columns));
    return 0;
  }
  call.onCommand?.(command);
  return await command.run(line.args, { terminal, signal, version });
}

/** Answers a line that names no command: the help of a group, the version, or what was meant. */
function showGroup({ words, commands, terminal, version }: CliCall, names: readonly string[]) {
  const [flag] = words.slice(names.length);
  const inside = commands.filter(({ path }) => names.every((word, i) => path[i] === word));
  if (inside.length === 0) throw unknownCommand(names, commands);
  if (names.length === 0 && flag === "--version") {
    terminal.out(`${version}\n`);
    return 0;
  }
  const asksForHelp = flag === "--help" || flag === "-h";
  if (flag !== undefined && !asksForHelp) {
    throw new UsageError(
      `Cannot use option ${flag}: a command must stand before it, see "${["ecamp", ...names, "--help"].join(" ")}"`,
    );
  }
  if (names.length > 0 && !asksForHelp) {
    throw new UsageError(
      `Cannot run "ecamp ${names.join(" ")}": it is a group of commands${suggestion("", nextWords(inside, names.length))}`,
    );
  }
  const intro = names.length === 0 ? INTRO : "";
  terminal.out(groupHelp({ words: names, commands: inside, columns: terminal.columns, intro }));
  return 0;
}

function unknownCommand(names: readonly string[], commands: readonly Command[]): UsageError {
  const known = names.findIndex(
    (_, i) => !commands.some(({ path }) => names.slice(0, i + 1).every((w, j) => path[j] === w)),
  );
  const before = names.slice(0, known);
  const siblings = commands.filter(({ path }) => before.every((word, i) => path[i] === word));
  const word = names[known] ?? "";
  const line = ["ecamp", ...names.slice(0, known + 1)].join(" ");
  return new UsageError(
    `Cannot run "${line}": unknown command${suggestion(word, nextWords(siblings, known))}`,
  );
}

function nextWords(commands: readonly Command[], depth: number): string[] {
  return [...new Set(commands.map(({ path }) => path[depth] ?? ""))];
}

/** `ecamp: message`, then the chain of causes; with stacks when they are asked for. */
export function describeFailure(error: unknown, showStacks: boolean): string {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && depth < 8; depth++) {
    const text = current instanceof Error ? current.message : String(current);
    // Most messages end with their cause's words: those need not be said twice.
    if (depth === 0) lines.push(`ecamp: ${text}`);
    else if (!lines.some((line) => line.includes(text))) lines.push(`  caused by: ${text}`);
    if (showStacks && current instanceof Error && current.stack !== undefined) {
      lines.push(current.stack.split("\n").slice(1).join("\n"));
    }
    current = current instanceof Error ? current.cause : undefined;
  }
  return `${lines.join("\n")}\n`;
}
