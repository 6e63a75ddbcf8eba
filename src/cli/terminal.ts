/** @file What a command knows of the world outside: where it writes, how wide that is, and what time it is. */

/** A terminal, or what stands in for one in a test. */
export interface Terminal {
  /** Writes results: what a pipe should receive, and nothing else. */
  readonly out: (text: string) => void;
  /** Writes progress, notes and errors. */
  readonly err: (text: string) => void;
  /** Is a person watching `err`? Decides between a moving bar and calm lines. */
  readonly isInteractive: boolean;
  /** Columns of the window; 80 where there is none. */
  readonly columns: number;
  /** May what is written to `out` have colours? */
  readonly hasColours: boolean;
  /** Milliseconds since some fixed moment; never goes backwards. */
  readonly clock: () => number;
}

/** What a command receives beside its arguments. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C (or SIGTERM) of a command that says it `stopsGracefully`. */
  readonly signal: AbortSignal;
  /** The version of the program. */
  readonly version: string;
}

/** The terminal of this process; without colours where its user wants none (https://no-color.org). */
export function processTerminal({
  noColour = false,
}: {
  readonly noColour?: boolean;
} = {}): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isInteractive: process.stderr.isTTY === true,
    get columns() {
      return process.stderr.columns ?? 80; // a window may be resized
    },
    hasColours: !noColour && process.stdout.isTTY === true,
    clock: () => performance.now(),
  };
}

/** A terminal that keeps what is written, for tests and for running commands in process. */
export interface RecordedTerminal extends Terminal {
  /** Everything written to `out` so far. */
  readonly outText: () => string;
  /** Everything written to `err` so far. */
  readonly errText: () => string;
}

/** Makes a terminal that keeps what is written; its clock stands still unless one is given. */
export function recordedTerminal({
  isInteractive = false,
  columns = 80,
  hasColours = false,
  clock = () => 0,
}: Partial<
  Pick<Terminal, "isInteractive" | "columns" | "hasColours" | "clock">
> = {}): RecordedTerminal {
  const written = { out: "", err: "" };
  return {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isInteractive,
    columns,
    hasColours,
    clock,
    outText: () => written.out,
    errText: () => written.err,
  };
}
