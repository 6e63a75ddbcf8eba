/** @file The path of a picture as a dataset holds it, whatever spelling a list has. */
import { isAbsolute, relative, sep } from "node:path";
import { imagePathFault } from "../record.ts";

/**
 * A path relative to the folder of pictures, with forward slashes and without idle parts, so that `./a//b.png` and `a\b.png` are
 * one picture. Undefined when it leaves the folder; an absolute path may lie inside.
 */
export function listImagePath(path: string, imageRoot: string): string | undefined {
  const local = isAbsolute(path) ? relative(imageRoot, path).split(sep).join("/") : path;
  if (imagePathFault(local) !== undefined) return undefined;
  const parts = local.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? undefined : parts.join("/");
}
