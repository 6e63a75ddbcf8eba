/** @file Which files a prediction has written, noted before each is: after a kill too, what may be replaced is known. */
import { appendFile, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { isAsideOf, systemErrorCode } from "../../util/atomic-file.ts";
import { tryParseJson } from "../../util/jsonl.ts";

/** The list's name, at the top of the folder: a JSON string a line, the file's path with forward slashes. */
export const WRITTEN = "written.jsonl";

/** Notes a file before it is written. A list that is begun with no name says whose the folder is. */
export async function noteWritten(
  folder: string,
  names: readonly string[],
  mode: number,
): Promise<void> {
  const lines = names.map((name) => `${JSON.stringify(name)}\n`);
  await appendFile(join(folder, WRITTEN), lines.join(""), { mode });
}

/** What stands in a folder. */
export interface Found {
  /** Files that were noted, whole or half-written, and the list itself. */
  readonly own: readonly string[];
  /** All others: links, and whatever else is no folder, too. */
  readonly foreign: readonly string[];
}

/** Tells the files that a prediction has written from others; undefined where there is no list. */
export async function findWritten(folder: string): Promise<Found | undefined> {
  const text = await readFile(join(folder, WRITTEN), "utf8").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const noted = new Set<unknown>([WRITTEN]);
  // A line that a kill has torn is of a file that was not begun.
  for (const line of text.split("\n")) noted.add(tryParseJson(line)?.value);
  const paths = [...noted].filter((name) => typeof name === "string");
  const isOwn = (name: string): boolean =>
    noted.has(name) || paths.some((path) => isAsideOf(name, path));
  const names = await filesBelow(folder, "");
  return { own: names.filter(isOwn), foreign: names.filter((name) => !isOwn(name)) };
}

async function filesBelow(folder: string, within: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, within), { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry) => {
      const name = posix.join(within, entry.name);
      return entry.isDirectory() ? filesBelow(folder, name) : [name];
    }),
  );
  return found.flat();
}

/** Removes files, and the folders that are empty then; the list last, so that a kill in between leaves it standing. */
export async function removeWritten(folder: string, { own }: Pick<Found, "own">): Promise<void> {
  const files = own.filter((name) => name !== WRITTEN);
  await Promise.all(files.map((name) => rm(join(folder, name), { force: true })));
  const holders = new Set(files.flatMap((name) => foldersAbove(name)));
  const inner = [...holders].toSorted((a, b) => b.length - a.length);
  for (const name of inner) await rmdir(join(folder, name)).catch(() => undefined); // not empty
  await rm(join(folder, WRITTEN), { force: true });
}

function foldersAbove(name: string): readonly string[] {
  const above = posix.dirname(name);
  return above === "." ? [] : [above, ...foldersAbove(above)];
}
