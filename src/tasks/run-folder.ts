/** @file A run's folder: made once, with its `config.json`, and never written over by another run. */
import { access, chmod, constants, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { fileMode, folderMode } from "../data/dataset-files.ts";
import type { Privacy } from "../data/record.ts";
import { makeFolder, systemErrorCode, writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { isLockFile, type LockOptions, lockRun, requireUnlocked } from "./run-lock.ts";

const CONFIG = "config.json";
/** Its name while it is written. */
const UNFINISHED = /^\.config\.json\..*\.tmp$/;
/** A checkpoint's name while it is written. */
const HALF_CHECKPOINT = /^\.step-\d+\.[\da-f-]{36}\.tmp$/;

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

/**
 * What a kill left before the run's first file stood does not count, nor does a run that has learnt nothing that lasts.
 * @returns what may be removed
 */
async function requireEmpty(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found = names.filter((name) => !isLockFile(name));
  const others = found.filter((name) => !UNFINISHED.test(name));
  if (others.length === 0 || (await hasLearntNothing(folder, others))) return found;
  throw new ConfigError(
    `Cannot start a run in "${folder}": it holds ${others.slice(0, 3).join(", ")} already; ` +
      "use --resume to go on with it, or choose another --out",
  );
}

const CHECKPOINTS = "checkpoints";
/** What a run writes before its first checkpoint, if it gets as far. */
const BEFORE_CHECKPOINT = [CONFIG, "log.jsonl", "trained-on.json", "skipped.jsonl", CHECKPOINTS];

/** Is this a run that ended before its first checkpoint? All that it did would be done again by going on with it too. */
async function hasLearntNothing(folder: string, names: readonly string[]): Promise<boolean> {
  if (!names.every((name) => BEFORE_CHECKPOINT.includes(name))) return false;
  if (!(await isRunConfig(join(folder, CONFIG)))) return false;
  if (!names.includes(CHECKPOINTS)) return true;
  const saved = await readdir(join(folder, CHECKPOINTS)).catch(() => undefined);
  return saved?.every((name) => HALF_CHECKPOINT.test(name)) ?? false;
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

const configSchema = z.record(z.string(), z.object({ value: z.unknown(), from: z.string() }));

/** Programs of others have files of the name too. */
async function isRunConfig(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => "");
  return configSchema.safeParse(tryParseJson(text)?.value).success;
}

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
    const left = await requireEmpty(folder, await readdir(folder));
    if (left.includes(CONFIG)) {
      options.note(`"${folder}" holds a run that ended before its first checkpoint: begun anew`);
    }
    // The configuration last: with it gone, what a kill leaves would be no run's.
    const others = left.filter((name) => name !== CONFIG);
    for (const name of others) await rm(join(folder, name), { recursive: true, force: true });
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
