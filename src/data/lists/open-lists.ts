/** @file Reads the list of each split, and checks that they are of one form. */
import { ConfigError } from "../../util/errors.ts";
import type { Split } from "../record.ts";
import { type LabelListRow, parseLabelList } from "./label-list.ts";
import { readSplitLists } from "./list-import.ts";
import { type ListTask, listTask } from "./list-record.ts";
import type { ListText } from "./list-text.ts";

/** A list, read. */
export interface OpenList {
  readonly split: Split;
  readonly list: ListText;
  readonly task: ListTask;
  readonly rows: readonly LabelListRow[];
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
  const open = (await readSplitLists(lists)).map(({ split, list }) => {
    const rows = parseLabelList(list);
    return { split, list, rows, task: listTask(rows, { list, classes }) };
  });
  if (new Set(open.map(({ task }) => task)).size > 1) {
    const found = open.map(({ split, task }) => `${split} is ${task}`).join(", ");
    throw new ConfigError(`Cannot import lists: ${found}, expected lists of one form`);
  }
  return open;
}
