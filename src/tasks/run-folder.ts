/** @file A run's folder: made once, with its `config.json`, and never written over by another run. */
import { access, chmod, constants, readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileMode, folderMode } from "../data/dataset-files.ts";
import type { Privacy } from "../data/record.ts";
import { makeFolder, systemErrorCode, writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { isLockFile, type LockOptions, lockRun, requireUnlocked } from "./run-lock.ts";

const CONFIG = "config.json";
/** Its name while it is written. */
const UNFINISHED = /^\.config\.json\..*\.tmp$/;

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
  await requireEmpty(folder, names);
  await requireWritable(folder, folder);
}

/** What a kill left before the run's first file stood does not count, and is removed. */
async function requireEmpty(folder: string, names: readonly string[]): Promise<void> {
  const found = names.filter((name) => !isLockFile(name) && !UNFINISHED.test(name));
  if (found.length > 0) {
    throw new ConfigError(
      `Cannot start a run in "${folder}": it holds ${found.slice(0, 3).join(", ")} already; ` +
        "use --resume to go on with it, or choose another --out",
    );
  }
  for (const name of names) {
    if (UNFINISHED.test(name)) await rm(join(folder, name), { force: true });
  }
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

/** How a new run's folder is made. */
export interface NewRunFolder extends Pick<LockOptions, "note" | "now"> {
  /** The text of its `config.json`. */
  readonly config: string;
  readonly privacy: Privacy;
}

/**
 * Makes the folder of a new run and locks it. After a private dataset only its owner can enter it: a model may remember what it read.
 * @returns the lock, to be disposed of when the run ends
 * @throws {ConfigError} when the folder holds something already, another run uses it, or it cannot be made
 */
export async function createRunFolder(
  folder: string,
  { config, privacy, ...options }: NewRunFolder,
): Promise<AsyncDisposable> {
  const mode = fileMode(privacy);
  try {
    await makeFolder(dirname(resolve(folder)));
    await makeFolder(folder, { mode: folderMode(privacy) });
  } catch (error) {
    throw refusal(folder, error);
  }
  const lock = await lockRun(folder, { ...options, mode });
  try {
    // Again, and now for good: of two runs that began at the same time one has the lock.
    await requireEmpty(folder, await readdir(folder));
    if (privacy === "private") await closeToOthers(folder, options);
    await writeFileAtomically(join(folder, CONFIG), config, { mode });
    return lock;
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error instanceof ConfigError ? error : refusal(folder, error);
  }
}

/** An empty folder that stood there before the run has the bits that somebody else gave it. */
async function closeToOthers(folder: string, { note }: Pick<LockOptions, "note">): Promise<void> {
  await chmod(folder, folderMode("private")).catch((error: unknown) =>
    note(
      `warning: "${folder}" cannot be closed to other users, who may read what is learnt from a private dataset: ${describeError(error)}`,
    ),
  );
}

/**
 * Locks the folder of a run that goes on.
 * @throws {ConfigError} when there is no run in it, another process goes on with it, or it cannot be written
 */
export async function resumeRunFolder(
  folder: string,
  options: LockOptions,
): Promise<AsyncDisposable> {
  await requireRunFolder(folder);
  return lockRun(folder, options);
}

/**
 * @param attempt what somebody wants to do with the run, for the message
 * @throws {ConfigError} when there is no run in the folder
 */
export async function requireRunFolder(folder: string, attempt = "resume"): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    throw new ConfigError(
      systemErrorCode(error) === "ENOENT"
        ? `Cannot ${attempt} "${folder}": there is no such folder`
        : `Cannot ${attempt} "${folder}": ${describeError(error)}`,
      { cause: error },
    );
  });
  if (!found.includes(CONFIG)) {
    throw new ConfigError(
      `Cannot ${attempt} "${folder}": it holds no config.json, so it is no run's folder`,
    );
  }
}
