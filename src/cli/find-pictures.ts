/** @file The pictures that a command is given: files, and what is found in folders and below them. */
import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";

/** What a folder is searched for. */
const PICTURE = /\.(?:png|jpe?g)$/i;

/** The files themselves, and the pictures in the folders and below them, in the order of their names. */
export async function findPictures(paths: readonly string[]): Promise<readonly string[]> {
  return (await Promise.all(paths.map(picturesAt))).flat();
}

async function picturesAt(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const pictures = await picturesBelow(path);
  if (pictures.length > 0) return pictures.toSorted();
  throw new ConfigError(
    `Cannot predict "${path}": there is no picture in the folder, expected files named .png, .jpg or .jpeg`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    const reason =
      systemErrorCode(error) === "ENOENT" ? "no such file or folder" : describeError(error);
    throw new ConfigError(`Cannot predict "${path}": ${reason}`, { cause: error });
  });
  return found.isDirectory();
}

/**
 * The pictures in a folder and below it. Links to files are followed; links to folders are not, since they may lead back. A link that leads
 * nowhere is among them: who opens it says so, and goes on.
 */
export async function picturesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return picturesBelow(path);
      if (!PICTURE.test(entry.name)) return [];
      const isPicture = entry.isSymbolicLink() ? !(await leadsToFolder(path)) : entry.isFile();
      return isPicture ? [path] : [];
    }),
  );
  return found.flat();
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * The pictures as `findPictures`, each once, with a name that no other has: its path, with forward slashes, from the folder that all the
 * paths have in common (of a file its own folder counts, of a folder the folder itself).
 * @returns names by file, in order
 */
export async function findNamedPictures(
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const folders = await Promise.all(
    paths.map(async (path) => ((await isFolder(path)) ? resolve(path) : dirname(resolve(path)))),
  );
  const root = commonFolder(folders);
  const names = new Map<string, string>();
  const seen = new Set<string>();
  for (const file of await findPictures(paths)) {
    const name = relative(root, resolve(file)).split(sep).join("/");
    if (!seen.has(name)) names.set(file, name);
    seen.add(name);
  }
  return names;
}

/** The deepest folder that holds all of them; paths are absolute. */
function commonFolder([first = "", ...others]: readonly string[]): string {
  const holds = (folder: string): boolean =>
    others.every((other) => other === folder || other.startsWith(join(folder, sep)));
  let folder = first;
  while (!holds(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
