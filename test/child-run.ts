/** @file The program in a process of its own, to be killed at a moment of the test's choosing. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** How a process is started and ended. */
export interface ChildOptions {
  /** A module's text that runs before the program. */
  readonly preload?: string;
  /** Sees everything that was written to stderr so far, whenever there is more. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
}

/** How a process ended. */
export interface ChildEnd {
  /** The exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program until it ends: a JavaScript file, and the words for it. */
export async function runChild(
  [main, ...words]: readonly [main: string, ...words: string[]],
  { preload, onStderr }: ChildOptions = {},
): Promise<ChildEnd> {
  const flags =
    preload === undefined
      ? []
      : ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [...flags, main, ...words], { env });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written.stderr += text;
    onStderr?.(written.stderr, child);
  });
  const [status, signal] = await once(child, "close");
  return { status, signal, ...written };
}

/** A moment in a process: when it does something to a path for the n-th time. */
export interface Moment {
  /** A function of `node:fs/promises` whose first or second argument is a path. */
  readonly call: "open" | "rename" | "rm";
  readonly path: RegExp;
  readonly times?: number;
}

const KILL = 'process.kill(process.pid, "SIGKILL");';

/** The text of a module by which a process kills itself at a moment, as `kill -9` would, before the call is made. */
export const killAt = (moment: Moment): string => interrupt(moment, { atCall: KILL });

/**
 * The text of a module by which a process kills itself some milliseconds after a moment, and before the next such call
 * at the latest: however slow or fast the machine is, it gets no further.
 */
export const killSoonAfter = (moment: Moment, ms: number): string =>
  interrupt(moment, { atCall: `setTimeout(() => { ${KILL} }, ${ms});`, atNext: KILL });

/** The text of a module by which a call never ends, as that of a disk that has gone. */
export const hangAt = (moment: Moment): string =>
  interrupt(moment, { atCall: "await new Promise(() => setInterval(() => undefined, 1000));" });

/** Statements to run before the call that a moment tells of, and before the one like it that follows. */
interface Statements {
  readonly atCall: string;
  readonly atNext?: string;
}

function interrupt({ call, path, times = 1 }: Moment, { atCall, atNext = "" }: Statements): string {
  return `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const original = promises.${call};
let left = ${times};
promises.${call} = async (...words) => {
  if (words.slice(0, 2).some((word) => typeof word === "string" && ${path}.test(word))) {
    left--;
    if (left === 0) { ${atCall} }
    if (left === -1) { ${atNext} }
  }
  return original(...words);
};
syncBuiltinESMExports();
`;
}
