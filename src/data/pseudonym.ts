/** @file Pseudonyms of record and patient ids, under a key that stays outside every dataset. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { link, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import {
  makeFolder,
  syncDirectory,
  systemErrorCode,
  writeFileAtomically,
} from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { exists } from "./dataset-files.ts";

/** What an id names: the same text gets another pseudonym as a record than as a patient. */
export type PseudonymKind = "record" | "patient";

/** Gives the pseudonym of an id. */
export type Pseudonymize = (kind: PseudonymKind, id: string) => string;

const KEY_BYTES = 32;

/** 128 bits: among a thousand million ids the chance of any collision is below 2^-69. */
const PSEUDONYM_CHARACTERS = 32;

/**
 * Pseudonyms under a key: the first 32 hex digits of HMAC-SHA256(key, kind, id). Equal ids get equal pseudonyms in every
 * dataset that is imported under the same key, so patients can still be matched between sets; without the key nobody can
 * test a guess.
 */
export function pseudonymizer(key: Uint8Array): Pseudonymize {
  return (kind, id) =>
    createHmac("sha256", key)
      .update(`${kind}\0${id}`, "utf8")
      .digest("hex")
      .slice(0, PSEUDONYM_CHARACTERS);
}

/** Makes the key file; undefined when there is one already. */
async function createKey(path: string): Promise<Uint8Array | undefined> {
  await makeFolder(dirname(path), { mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFileAtomically(aside, `${key.toString("hex")}\n`, { mode: 0o600 });
    // A link and not a rename: of two imports that make the key at once, the later must use the earlier's.
    await link(aside, path);
    await syncDirectory(dirname(path));
    return key;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return undefined;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function readKey(path: string): Promise<Uint8Array> {
  const text = (await readFile(path, "utf8")).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new ConfigError(
      `Cannot use the id key "${path}": it is not a key, expected 64 hexadecimal digits`,
    );
  }
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new ConfigError(
      `Cannot use the id key "${path}": others can read it; allow only its owner (chmod 600)`,
    );
  }
  return Buffer.from(text, "hex");
}

/**
 * The key in a file, which is made (with random bytes, for its owner alone) when there is none.
 * @throws {ConfigError} when the file is something else, can be read by others, or cannot be read or made
 */
export async function openIdKey(path: string): Promise<Uint8Array> {
  try {
    const isThere = await exists(path);
    return (isThere ? undefined : await createKey(path)) ?? (await readKey(path));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    throw new ConfigError(`Cannot use the id key "${path}": ${describeError(error)}`, {
      cause: error,
    });
  }
}
