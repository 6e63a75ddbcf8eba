/** @file A run's folder: made once, with its `config.json`, and never written over by another run. */
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileMode, folderMode } from "../data/dataset-files.ts";
import type { Privacy } from "../data/record.ts";
import { makeFolder, systemErrorCode, writeFileAtomically } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";

/** @throws {ConfigError} when the folder of a new run holds something already, or is none */
export async function requireUnusedFolder(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw refusal(folder, error);
  });
  if (found.length === 0) return;
  throw new ConfigError(
    `Cannot start a run in "${folder}": it holds ${found.slice(0, 3).join(", ")} already; ` +
      "use --resume to go on with it, or choose another --out",
  );
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
