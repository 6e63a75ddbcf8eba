/** @file Checks, before the work, that its result can be written: the name is free or may be replaced, and has a folder. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { describeError, EcampError } from "../util/errors.ts";

/** What is to be written, and what messages call it. */
export interface RequiredFile {
  readonly out: string;
  /** May a file of that name be replaced? A folder never is. */
  readonly force: boolean;
  /** What is attempted, such as `convert to`; the name follows it. */
  readonly attempt: string;
}

/** @throws {EcampError} when the file may not be written, or its folder takes no files */
export async function requireFreeFile({ out, force, attempt }: RequiredFile): Promise<void> {
  const found = await stat(out).catch(() => undefined);
  const refuse = (reason: string, cause?: unknown): never => {
    throw new EcampError(`Cannot ${attempt} "${out}": ${reason}`, { cause });
  };
  if (found?.isFile() === false) refuse("there is a folder of that name; choose another name");
  if (found !== undefined && !force) {
    refuse("there is a file of that name; choose another name, or give --force to replace it");
  }
  const folder = dirname(out);
  const parent = await stat(folder).catch(() => undefined);
  if (parent?.isDirectory() !== true) refuse(`there is no folder "${folder}"; make it first`);
  await access(folder, constants.W_OK).catch((cause: unknown) =>
    refuse(`its folder takes no files: ${describeError(cause)}`, cause),
  );
}
