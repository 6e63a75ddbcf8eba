/** @file Lines of a file under check: what is wrong with one becomes a problem, and the next is read. */
import { ManifestError } from "../util/errors.ts";
import type { TextLine } from "../util/jsonl.ts";
import { parseJsonLine, readTextLines } from "../util/jsonl.ts";
import { signalOption } from "./join.ts";
import type { ProblemLog } from "./problem-log.ts";

/** Gives `read` each line; what it or the file's reading throws becomes a problem, and the next line is read if it can be. */
export async function* readLines<T>(
  path: string,
  read: (line: TextLine) => T,
  { log, signal }: { readonly log: ProblemLog; readonly signal: AbortSignal | undefined },
): AsyncGenerator<T> {
  const note = (error: unknown): void => {
    if (!(error instanceof ManifestError)) throw error;
    log.add("invalid-line", error.message);
  };
  const lines = readTextLines(path, signalOption(signal));
  try {
    for (;;) {
      try {
        const { done, value } = await lines.next();
        if (done === true) return;
        yield read(value);
      } catch (error) {
        note(error);
      }
    }
  } finally {
    await lines.return(undefined);
  }
}

/** The value of a line and how a message says that it was read. */
export function parsedLine(
  line: TextLine,
  path: string,
): readonly [value: unknown, attempt: string] {
  return [parseJsonLine(line, path).value, `read "${path}" line ${line.line}`];
}
