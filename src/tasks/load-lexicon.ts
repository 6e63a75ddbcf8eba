/** @file The lexicon that a configuration names: one of this project, or a user's file. */

import { readFile, stat } from "node:fs/promises";
import type { Lexicon } from "../text/lexicon.ts";
import { parseLexicon } from "../text/lexicon-file.ts";
import { FUNDUS_LEXICON } from "../text/lexicons/fundus.ts";
import { systemErrorCode } from "../util/atomic-file.ts";
import { ConfigError, describeError } from "../util/errors.ts";
import { tryParseJson } from "../util/jsonl.ts";
import { sha256 } from "../util/sha256.ts";

/** A lexicon, and the SHA-256 of the file that it was read from. */
export interface LoadedLexicon {
  /** Undefined for the chest's, which every text has that is told nothing else. */
  readonly lexicon: Lexicon | undefined;
  readonly sha256: string | undefined;
}

const MAX_FILE_BYTES = 16 * 2 ** 20;

/**
 * Finds `chest` or `fundus`, or reads a file.
 * @throws {ConfigError} when there is no such file, or it is no lexicon
 */
export async function loadLexicon(name: string): Promise<LoadedLexicon> {
  if (name === "chest") return { lexicon: undefined, sha256: undefined };
  if (name === "fundus") return { lexicon: FUNDUS_LEXICON, sha256: undefined };
  const bytes = await readBounded(name);
  const parsed = tryParseJson(bytes.toString("utf8"));
  if (parsed === undefined) {
    throw new ConfigError(`Cannot use the lexicon "${name}": it is not valid JSON`);
  }
  return {
    lexicon: parseLexicon(parsed.value, name),
    sha256: sha256(bytes),
  };
}

async function readBounded(file: string): Promise<Buffer> {
  const expected = "expected chest, fundus, or the path of a JSON file";
  const found = await stat(file).catch((cause: unknown) => {
    const what =
      systemErrorCode(cause) === "ENOENT" ? "there is no such file" : describeError(cause);
    throw new ConfigError(`Cannot read the lexicon "${file}": ${what}; ${expected}`, { cause });
  });
  if (found.isFile() && found.size <= MAX_FILE_BYTES) return readFile(file);
  const what = found.isFile() ? `${found.size} bytes` : "not a file";
  throw new ConfigError(
    `Cannot read the lexicon "${file}": ${what}; ${expected} of at most ${MAX_FILE_BYTES} bytes`,
  );
}
