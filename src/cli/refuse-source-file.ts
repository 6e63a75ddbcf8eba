/** @file Keeps a command, with --force too, from writing over what it reads, or over another file of a dataset folder. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DATASET_FILES, exists } from "../data/dataset-files.ts";
import { UsageError } from "../util/errors.ts";

/** A file to be written, and what it must not be. */
export interface OutputFile {
  readonly out: string;
  /** The table that is read, if one is. */
  readonly from?: string | undefined;
  /** The file of a dataset folder that it may be. */
  readonly mayBe?: (typeof DATASET_FILES)[keyof typeof DATASET_FILES];
  /** What is attempted, such as `write contexts to`; the name follows it. */
  readonly attempt: string;
  /** What name would do, such as `one that ends in .jsonl`. */
  readonly expected: string;
}

/**
 * Looks where names lead, so that a link to the source is seen for what it is.
 * @throws {UsageError} when `out` is the table that is read, or a file of a dataset folder other than `mayBe`
 */
export async function refuseSourceFile({
  out,
  from,
  mayBe,
  attempt,
  expected,
}: OutputFile): Promise<void> {
  const names = [out, await placeOf(out)];
  const source = from === undefined ? undefined : await placeOf(from);
  const refuse = (found: string): never => {
    throw new UsageError(`Cannot ${attempt} "${out}": ${found}; expected ${expected}`);
  };
  if (source !== undefined && names.includes(source)) refuse("it is the table that is read");
  for (const name of names) {
    if (basename(name) !== mayBe && (await isOfDataset(name))) refuse("it is a dataset's own file");
  }
}

/** Where a name leads; of a file that is not there yet, where it would be. */
async function placeOf(path: string): Promise<string> {
  const folder = (): Promise<string> => realpath(dirname(path)).catch(() => dirname(path));
  return realpath(path).catch(async () => join(await folder(), basename(path)));
}

async function isOfDataset(path: string): Promise<boolean> {
  const names: readonly string[] = Object.values(DATASET_FILES);
  const name = basename(path);
  if (name === DATASET_FILES.manifest) return true;
  return names.includes(name) && exists(join(dirname(path), DATASET_FILES.manifest));
}
