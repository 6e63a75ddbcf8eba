/** @file The names of a dataset folder's files, the permissions that new ones get, and whether one is there. */
import { access } from "node:fs/promises";
import type { Privacy } from "./record.ts";

/** The files of a dataset folder, in the order in which they are digested. */
export const DATASET_FILES = {
  manifest: "dataset.json",
  records: "records.jsonl",
  context: "context.jsonl",
  window: "window.jsonl",
  split: "split.jsonl",
} as const;

/** Permission bits of a new dataset folder: its owner's alone when it is private. */
export function folderMode(privacy: Privacy): number {
  return privacy === "private" ? 0o700 : 0o777;
}

/** Permission bits of a new file in a dataset folder: its owner's alone when it is private. */
export function fileMode(privacy: Privacy): number {
  return privacy === "private" ? 0o600 : 0o666;
}

/** Does something stand at the path? */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
