/** @file A run's folder: made once, with its `config.json`, and never written over by another run. */
import { access, constants, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileMode, folderMode } from "../data/dataset-files.ts";
import type { Privacy } from "../data/record.ts";
import { makeFolder, systemErrorCode, writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { isLockFile, requireUnlocked } from "./run-lock.ts";

/**
 * Is the folder free for a new run, and can it be written? Nothing is made yet, so that a run which cannot start leaves nothing.
 * @throws {ConfigError} when it holds something already, another run uses it, it is none, or its disk is read-only
 */
export async function requireUnusedFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw refusal(folder, error);
  });
  if (names === undefined) return requireWritable(folder, dirname(resolve(folder)));
  await requireUnlocked(folder);
  const found = names.filter((name) => !isLockFile(name));
  if (found.length === 0) return requireWritable(folder, folder);
  throw new ConfigError(
    `Cannot start a run in "${folder}": it holds ${found.slice(0, 3).join(", ")} already; ` +
      "use --resume to go on with it, or choose another --out",
  );
}

/** Asks the system about the folder, or about the nearest one above that is there. */
async function requireWritable(run: string, folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    const parent = dirname(folder);
    if (systemErrorCode(error) !== "ENOENT" || parent === folder) throw refusal(run, error);
    await requireWritable(run, parent);
  }
}

const refusal = (folder: string, error: unknown): ConfigError =>
  new ConfigError(`Cannot start a run in "${folder}": ${describeError(error)}`, { cause: error });

/**
 * Makes the folder of a new run. After a private dataset only its owner can enter it: a model may remember what it read.
 * @param options.config the text of its `config.json`
 * @throws {ConfigError} when the folder holds something already, or cannot be made
 */
export async function createRunFolder(
  folder: string,
  { config, privacy }: { readonly config: string; readonly privacy: Privacy },
): Promise<void> {
  await requireUnusedFolder(folder);
  try {
    await makeFolder(dirname(resolve(folder)));
    await makeFolder(folder, { mode: folderMode(privacy) });
    await writeFileAtomically(join(folder, "config.json"), config, { mode: fileMode(privacy) });
  } catch (error) {
    throw refusal(folder, error);
  }
}

/** @throws {ConfigError} when there is no run in the folder */
export async function requireRunFolder(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    throw new ConfigError(
      systemErrorCode(error) === "ENOENT"
        ? `Cannot resume "${folder}": there is no such folder`
        : `Cannot resume "${folder}": ${describeError(error)}`,
      { cause: error },
    );
  });
  if (!found.includes("config.json")) {
    throw new ConfigError(
      `Cannot resume "${folder}": it holds no config.json, so it is no run's folder`,
    );
  }
}
