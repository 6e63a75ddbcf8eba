/** @file Checks `context.jsonl` and `window.jsonl`: whose lines they have, and whether those were made of the texts as they are. */
import { join } from "node:path";
import type { TextLine } from "../util/jsonl.ts";
import { sha256 } from "../util/sha256.ts";
import { parsedLine, readLines } from "./checked-lines.ts";
import type { DatasetAuditor } from "./dataset-auditor.ts";
import { DATASET_FILES, exists } from "./dataset-files.ts";
import type { ProblemKind } from "./problem-log.ts";
import { parseContext, parseWindow } from "./record.ts";

/** What the files beside the records are checked against. */
export interface SidecarCheck {
  readonly folder: string;
  /** Has seen every record. */
  readonly auditor: DatasetAuditor;
  /** SHA-256 of the reports by the records' ids. */
  readonly reportHashes: ReadonlyMap<string, string>;
  readonly signal: AbortSignal | undefined;
}

/** Does something stand beside the records that was made of their texts? */
export async function hasSidecar(folder: string): Promise<boolean> {
  const paths = [DATASET_FILES.context, DATASET_FILES.window].map((name) => join(folder, name));
  return (await Promise.all(paths.map(exists))).includes(true);
}

/** How many records have a context, and how many a window; what is wrong goes to the auditor's log. */
export async function checkSidecars(
  check: SidecarCheck,
): Promise<{ readonly contexts: number; readonly windows: number }> {
  const { reportHashes } = check;
  const contextHashes = new Map<string, string>();
  const contexts = await checkSidecar(check, {
    name: DATASET_FILES.context,
    parse: parseContext,
    strange: "context-without-record",
    stale: "stale-context",
    isStale: ({ id, context, reportHash }) => {
      if (context.trim() !== "") contextHashes.set(id, sha256(context));
      return reportHash !== undefined && reportHash !== reportHashes.get(id);
    },
  });
  const windows = await checkSidecar(check, {
    name: DATASET_FILES.window,
    parse: parseWindow,
    strange: "window-without-record",
    stale: "stale-window",
    isStale: ({ id, textHash }) =>
      textHash !== undefined && textHash !== (contextHashes.get(id) ?? reportHashes.get(id)),
  });
  return { contexts, windows };
}

/** One file beside the records. */
interface Sidecar<T> {
  readonly name: string;
  readonly parse: (value: unknown, attempt: string) => T;
  /** The problem of a line of no record, and of one that was made of another text. */
  readonly strange: ProblemKind;
  readonly stale: ProblemKind;
  readonly isStale: (line: T) => boolean;
}

async function checkSidecar<T extends { readonly id: string }>(
  { folder, auditor: { ids, log }, signal }: SidecarCheck,
  { name, parse, strange, stale, isStale }: Sidecar<T>,
): Promise<number> {
  const path = join(folder, name);
  if (!(await exists(path))) return 0;
  const seen = new Set<string>();
  const read = (line: TextLine): T => parse(...parsedLine(line, path));
  for await (const line of readLines(path, read, { log, signal })) {
    const { id } = line;
    if (seen.has(id)) log.add("invalid-line", `"${path}": id "${id}" has two lines`);
    else if (!ids.has(id)) log.add(strange, id);
    else if (isStale(line)) log.add(stale, id);
    seen.add(id);
  }
  return [...seen].filter((id) => ids.has(id)).length;
}
