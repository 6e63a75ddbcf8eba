/** @file The project's own files, for the tools that check them. */
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

const SKIPPED: ReadonlySet<string> = new Set([
  "node_modules",
  "dist",
  "coverage",
  "runs",
  "datasets",
  "demo",
]);

/** Every file under the given folders of the project (default: all), as paths from its root with `/`, sorted. */
export function projectFiles(folders: readonly string[] = ["."]): string[] {
  return folders
    .flatMap((folder) => walk(join(ROOT, folder)))
    .map((file) => relative(ROOT, file).split(sep).join("/"))
    .sort();
}

function walk(folder: string): string[] {
  let entries: ReturnType<typeof readFolder>;
  try {
    entries = readFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    const hidden = entry.name.startsWith(".") && entry.name !== ".ci";
    const skipped = hidden || (SKIPPED.has(entry.name) && relative(ROOT, path) === entry.name);
    return entry.isDirectory() && !skipped ? walk(path) : [];
  });
}

function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}
