/** @file What a command knows of the world outside: where it writes, how wide that is, and what time it is. */
import { escapeControls } from "../util/escape-controls.ts";

/**
 * A terminal, or what stands in for one in a test. What `out` and `err` are given may come from files of others: characters that
 * would steer a terminal are shown in place of being obeyed.
 */
export interface Terminal {
  /** Writes results: what a pipe should receive, and nothing else. */
  readonly out: (text: string) => void;
  /** Writes results that the program has coloured itself; what it quotes in them has been made harmless before. */
  readonly outColored: (text: string) => void;
  /** Writes progress, notes and errors. */
  readonly err: (text: string) => void;
  /** Writes to where `err` does what moves the cursor: the program's own bars, and nothing from a file. */
  readonly draw: (sequence: string) => void;
  /** Is a person watching `err`? Decides between a moving bar and calm lines. */
  readonly isInteractive: boolean;
  /** May `out` be coloured? Where a person watches it and has not set `NO_COLOR` (https://no-color.org). */
  readonly hasColor: boolean;
  /** Columns of the window; 80 where there is none. */
  readonly columns: number;
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

/** What the environment says about the terminal. */
export interface TerminalEnvironment {
  /** Anything but empty: no colours. */
  readonly noColor?: string | undefined;
  /** What kind it is; a `dumb` one knows no colours. */
  readonly term?: string | undefined;
}

/** The terminal of this process. */
export function processTerminal({ noColor = "", term }: TerminalEnvironment = {}): Terminal {
  return {
    out: (text) => void process.stdout.write(escapeControls(text)),
    outColored: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(escapeControls(text)),
    draw: (sequence) => void process.stderr.write(sequence),
    isInteractive: process.stderr.isTTY === true,
    hasColor: process.stdout.isTTY === true && noColor === "" && term !== "dumb",
    get columns() {
      return process.stderr.columns ?? 80; // a window may be resized
    },
    clock: () => performance.now(),
  };
}

/** A terminal that keeps what is written, for tests and for running commands in process. */
export interface RecordedTerminal extends Terminal {
  /** Everything written to `out` so far. */
  readonly outText: () => string;
  /** Everything written to `err`, and drawn, so far. */
  readonly errText: () => string;
}

/** Makes a terminal that keeps what is written; its clock stands still unless one is given. */
export function recordedTerminal({
  isInteractive = false,
  hasColor = false,
  columns = 80,
  clock = () => 0,
}: Partial<
  Pick<Terminal, "isInteractive" | "hasColor" | "columns" | "clock">
> = {}): RecordedTerminal {
  const written = { out: "", err: "" };
  return {
    out: (text) => {
      written.out += escapeControls(text);
    },
    outColored: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += escapeControls(text);
    },
    draw: (sequence) => {
      written.err += sequence;
    },
    isInteractive,
    hasColor,
    columns,
    clock,
    outText: () => written.out,
    errText: () => written.err,
  };
}
