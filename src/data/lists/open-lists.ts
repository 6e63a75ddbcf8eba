/** @file Reads the list of each split, and checks that they are of one form. */
import { isUtf8 } from "node:buffer";
import { ConfigError, describeError, ManifestError } from "../../util/errors.ts";
import { openForReading } from "../../util/jsonl.ts";
import { isLfsPointer } from "../../util/lfs-pointer.ts";
import type { Split } from "../record.ts";
import { SPLITS } from "../split/assign-splits.ts";
import { type LabelListRow, parseLabelList } from "./label-list.ts";
import { type ListTask, listTask } from "./list-record.ts";
import type { ListText } from "./list-text.ts";

/** A list, read. */
export interface OpenList {
  readonly split: Split;
  readonly list: ListText;
  readonly task: ListTask;
  readonly rows: readonly LabelListRow[];
}

/**
 * The text of a list file.
 * @throws {ManifestError} when it cannot be read, or is no text
 */
export async function readListText(source: string): Promise<ListText> {
  const handle = await openForReading(source);
  try {
    const bytes = await handle.readFile().catch((error: unknown) => {
      throw new ManifestError(`Cannot read "${source}": ${describeError(error)}`, { cause: error });
    });
    if (!isUtf8(bytes)) throw new ManifestError(`Cannot read "${source}": it is not UTF-8 text`);
    const text = bytes.toString("utf8");
    if (!isLfsPointer(text)) return { source, text };
    throw new ManifestError(
      `Cannot read "${source}": it is a Git LFS pointer, and the list has not been fetched; run "git lfs pull" in its repository`,
    );
  } finally {
    await handle.close();
  }
}

function checkClasses(classes: readonly string[]): void {
  const repeated = classes.find((name, c) => classes.indexOf(name) !== c);
  const fault =
    (classes.length === 0 && "no class is named") ||
    (classes.includes("") && "a class has no name") ||
    (repeated !== undefined && `"${repeated}" is named twice`);
  if (fault === false) return;
  throw new ConfigError(`Cannot import lists: ${fault}, expected the classes in the lists' order`);
}

/**
 * Reads the list of each split.
 * @throws {ConfigError} when there is none, the classes are not well named, or some lists have a column a class and others one column
 * @throws {ManifestError} naming the line that cannot be read
 */
export async function openLists({
  lists,
  classes,
}: {
  readonly lists: Readonly<Partial<Record<Split, string>>>;
  readonly classes: readonly string[];
}): Promise<readonly OpenList[]> {
  checkClasses(classes);
  const open: OpenList[] = [];
  for (const split of SPLITS) {
    const source = lists[split];
    if (source === undefined) continue;
    const list = await readListText(source);
    const rows = parseLabelList(list);
    open.push({ split, list, rows, task: listTask(rows, { list, classes }) });
  }
  if (open.length === 0) {
    throw new ConfigError(
      "Cannot import lists: none is given, expected one for train, val or test",
    );
  }
  if (new Set(open.map(({ task }) => task)).size > 1) {
    const found = open.map(({ split, task }) => `${split} is ${task}`).join(", ");
    throw new ConfigError(`Cannot import lists: ${found}, expected lists of one form`);
  }
  return open;
}
