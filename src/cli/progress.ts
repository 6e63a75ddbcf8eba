/** @file Progress on stderr: a moving bar for a person, a calm line every half minute for a log. The only file that uses cli-progress. */
import { Writable } from "node:stream";
import cliProgress from "cli-progress";
import { escapeControls, escapeLine } from "../util/escape-controls.ts";
import { lineWithBar, lineWithoutBar, percentOf } from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

/** Progress of one piece of work. */
export interface Progress {
  /** Says that `done` of the total is done; `note` stands behind the bar, such as the current loss. */
  readonly update: (done: number, note?: string) => void;
  /** Prints a line of its own, above the bar where there is one. */
  readonly note: (line: string) => void;
  /** Ends it: the bar stands still, or the last line is printed. */
  readonly finish: () => void;
}

/** What is being done. */
export interface ProgressOptions {
  /** A word or two in front, such as `pretrain`. */
  readonly label: string;
  /** How many there are to do, where that is known. */
  readonly total?: number;
  /** How many were done before, when resuming: they count as done but not for the estimate. */
  readonly start?: number;
  /** What is counted, in the plural, such as `steps`. */
  readonly unit: string;
}

const LINE_EVERY_MS = 30_000;

/** Starts to show progress. */
export function startProgress(terminal: Terminal, options: ProgressOptions): Progress {
  const { total } = options;
  if (total === undefined || !terminal.isInteractive) return printLines(terminal, options);
  return showBar(terminal, { ...options, total });
}

/** Shows progress while `work` is done. It ends when that fails, too: a bar that still moves keeps the program from ending. */
export async function withProgress<T>(
  terminal: Terminal,
  options: ProgressOptions,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = startProgress(terminal, options);
  try {
    return await work(progress);
  } finally {
    progress.finish();
  }
}

/** Redraws a second: enough for a bar, few for a slow connection. */
const REDRAWS = 4;

function showBar(
  terminal: Terminal,
  { label, total, start = 0, unit }: ProgressOptions & { readonly total: number },
): Progress {
  const estimate = remainingTime({ clock: terminal.clock, total, start });
  const state = { left: "", note: "" };
  let hasBar = true;
  const bars = new cliProgress.MultiBar({
    stream: new TerminalStream(terminal),
    format: (_options, { value }) => {
      const line = { label, total, unit, done: value, ...state };
      const drawn = hasBar ? lineWithBar(line, terminal.columns) : undefined;
      hasBar = drawn !== undefined; // once it was in the way it stays away: lines that come and go are restless
      return escapeLine(drawn ?? lineWithoutBar(line, terminal.columns));
    },
    fps: REDRAWS,
    forceRedraw: true, // or nothing would be drawn anew below a note
    linewrap: true, // the line fits, and a note may be longer than the window is wide
    gracefulExit: false,
  });
  const bar = bars.create(total, start);
  return {
    update: (done, note = "") => {
      Object.assign(state, { left: done < total ? estimate(done) : "", note });
      bar.update(done);
    },
    note: (line) => {
      bars.log(`${escapeControls(line)}\n`);
      bars.update();
    },
    finish: () => bars.stop(),
  };
}

function printLines(terminal: Terminal, options: ProgressOptions): Progress {
  const { label, total, start = 0, unit } = options;
  const estimate =
    total === undefined ? () => "" : remainingTime({ clock: terminal.clock, total, start });
  let current = { done: start, note: "" };
  let printedAt = terminal.clock();
  let printed = start; // nothing is said of what has not begun
  const print = () => {
    const { done, note } = current;
    const left = done === total ? "" : behind(estimate(done), " left");
    terminal.err(
      `${label}: ${countOf(done, total)} ${unit}${percentText(done, total)}${left}${behind(note, "")}\n`,
    );
    printedAt = terminal.clock();
    printed = current.done;
  };
  return {
    update: (done, note = "") => {
      current = { done, note };
      if (terminal.clock() - printedAt >= LINE_EVERY_MS) print();
    },
    note: (line) => terminal.err(`${line}\n`),
    finish: () => {
      if (printed !== current.done) print();
    },
  };
}

function countOf(done: number, total: number | undefined): string {
  return total === undefined ? `${done}` : `${done}/${total}`;
}

function percentText(done: number, total: number | undefined): string {
  return total === undefined ? "" : ` (${percentOf(done, total)} %)`;
}

function behind(text: string, unit: string): string {
  return text === "" ? "" : `, ${text}${unit}`;
}

/** Estimates what remains from the mean pace so far; an empty text before there is one. */
function remainingTime({
  clock,
  total,
  start,
}: {
  readonly clock: () => number;
  readonly total: number;
  readonly start: number;
}): (done: number) => string {
  const startedAt = clock();
  return (done) => {
    const elapsedMs = clock() - startedAt;
    if (done <= start || elapsedMs <= 0) return "";
    return formatDuration((elapsedMs / (done - start)) * Math.max(0, total - done));
  };
}

/** `0.31`, `8.1`, `42`, `1208`: a rate to about two digits, never with an exponent. */
export function formatRate(rate: number): string {
  return rate < 9.95 ? rate.toPrecision(2) : `${Math.round(rate)}`;
}

/** `45 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first} ${firstUnit}` : `${first} ${firstUnit} ${second} ${secondUnit}`;
}

/** The terminal as the kind of stream that cli-progress draws on. */
class TerminalStream extends Writable {
  readonly isTTY = true;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.#terminal.draw(chunk);
    done();
  }
}
